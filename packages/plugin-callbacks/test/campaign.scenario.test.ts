import { afterEach, describe, expect, it } from "vitest";
import { campaignStage, numbers, WORDS } from "./campaign-stage.js";
import { closeStages, MINUTE } from "./stage.js";

afterEach(closeStages);

describe("an announcement", () => {
  it("is played to who answers, then the keys; heard to its end it is completed, and the campaign done", async () => {
    const at = await campaignStage();
    const [number = ""] = numbers(1);
    at.answering(number, (call) => void call.answer());
    const id = await at.begin([number], { queue: "q" });
    await at.test.advance(MINUTE);
    expect(at.calls[0]?.from.number).toBe("12333");
    expect(at.calls[0]?.leg?.texts).toEqual([WORDS, "重听请按1，人工服务请按0，不再接收此类来电请按9。", "重听请按1，人工服务请按0，不再接收此类来电请按9。", "感谢接听，再见。"]);
    expect(at.calls[0]?.state).toBe("ended");
    expect(await at.people(id)).toMatchObject([{ status: "closed", result: "completed", attempts: 1 }]);
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { people: 1, closed: 1, attempts: 1, results: { completed: 1 } } });
    expect(await at.attemptsOf(id)).toMatchObject([{ agent: null, result: "answered" }]);
  });
});
