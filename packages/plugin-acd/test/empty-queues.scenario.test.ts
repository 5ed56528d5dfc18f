import { afterEach, describe, expect, it } from "vitest";
import { addsUp } from "./adds-up.js";
import { agent, office, queue, talking, type Office, type Queue } from "./routing-scene.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

const two = [agent("1001"), agent("1002")];
const away = async (here: Office, number: string, choice: "not-ready" | "offline" | "available" = "not-ready"): Promise<void> => void (await here.at.acd.setAgentState(number, choice, { actor: "t" }));

describe("joinEmpty", () => {
  /** What a caller finds when 1001 is on a break and 1002 has signed out. */
  it.each<[NonNullable<Queue["joinEmpty"]>, Queue["staff"], "no-agents" | undefined]>([
    [true, "reachable", undefined],
    [false, "reachable", undefined],
    [false, "ready", "no-agents"],
    [["offline"], "reachable", undefined],
    [["not-ready"], "reachable", undefined],
    [["offline", "not-ready"], "reachable", "no-agents"],
    [["offline", "not-ready", "unreachable", "busy"], "ready", "no-agents"],
  ])("%j, staff %s: one not ready, one signed out: %s", async (joinEmpty, staff, outcome) => {
    const here = await office({ queues: [queue("q", { joinEmpty, ...(staff === undefined ? {} : { staff }) })], agents: two });
    await away(here, "1001");
    await away(here, "1002", "offline");
    const caller = await here.dial("111");
    expect(here.results.get("111")?.outcome).toBe(outcome);
    expect(here.line()).toEqual(outcome === undefined ? ["111"] : []);
    await here.at.test.advance(5_000);
    if (outcome !== undefined) expect(await here.at.entries()).toMatchObject([{ outcome, waitMs: 0 }]);
    else expect(caller.end).toBeUndefined();
    await addsUp(here.at);
  });

  it("a list holds for what agents do, too: nobody is let in while all talk or do after-call work; one phone that is left alone for a moment is enough", async () => {
    const here = await office({ wrapUp: 30, queues: [queue("q", { joinEmpty: ["offline", "unreachable", "not-ready", "busy", "wrap-up"], rejectDelaySeconds: 20 })], agents: two });
    await talking(here, "1001", "111");
    await talking(here, "1002", "222");
    await here.dial("333");
    expect(here.results.get("333")).toMatchObject({ outcome: "no-agents" });
    await here.free("1001");
    await here.dial("444");
    expect(here.results.get("444")).toMatchObject({ outcome: "no-agents" });
    await here.at.test.advance(31_000);
    const rung = await here.dial("555");
    expect(here.ringing()).toEqual(["1001"]);
    await here.phone("1001").decline();
    await rung.hangup();
    await here.dial("666");
    expect(here.line()).toEqual(["666"]);
    // The last one goes: her phone is gone, and nobody is let in.
    await here.phone("1001").unplug();
    await here.dial("777");
    expect(here.results.get("777")).toMatchObject({ outcome: "no-agents" });
    expect((await here.at.acd.figures({ queue: "q", from: 0, to: Number.MAX_SAFE_INTEGER })).total).toMatchObject({ offered: 7, answered: 2, abandoned: 1, otherwise: 3 });
    await addsUp(here.at);
  });
});

describe("leaveEmpty", () => {
  it("a list: who waits leaves when every agent has been in one of these states for the grace; one who is in another, or comes back in time, keeps them all", async () => {
    const here = await office({ queues: [queue("q", { leaveEmpty: ["not-ready", "offline"], emptyGraceSeconds: 20 })], agents: two });
    const { at } = here;
    await talking(here, "1001", "111");
    await talking(here, "1002", "222");
    await here.dial("333");
    await away(here, "1001");
    await here.free("1001");
    // 1002 talks.
    await at.test.advance(60_000);
    expect(here.line()).toEqual(["333"]);
    await away(here, "1002", "offline");
    await at.test.advance(60_000);
    expect(here.line()).toEqual(["333"]);
    await here.free("1002");
    await at.test.advance(15_000);
    // Without a phone is none of these states.
    await here.phone("1001").unplug();
    await away(here, "1001", "available");
    await at.test.advance(60_000);
    expect(here.line()).toEqual(["333"]);
    await away(here, "1001");
    await at.test.advance(19_000);
    expect(here.results.has("333")).toBe(false);
    await at.test.advance(1_500);
    expect(here.results.get("333")).toMatchObject({ outcome: "no-agents", callerGone: false });
    const left = (await at.entries()).find(({ outcome }) => outcome === "no-agents");
    expect(left?.waitMs).toBe((left?.leftAt ?? 0) - (left?.enteredAt ?? 0));
    await addsUp(at);
  });

  it("`true`, staff `ready`: a break of the last agent begins the grace; being rung again ends it", async () => {
    const here = await office({ queues: [queue("q", { leaveEmpty: true, staff: "ready", emptyGraceSeconds: 20 })], agents: two });
    const { at } = here;
    for (const { number } of two) await away(here, number);
    await here.dial("111");
    await at.test.advance(15_000);
    await away(here, "1001", "available");
    await at.test.advance(200);
    expect(here.ringing()).toEqual(["1001"]);
    await here.phone("1001").decline();
    await away(here, "1001");
    await at.test.advance(15_000);
    expect(here.results.has("111")).toBe(false);
    await at.test.advance(6_000);
    expect(here.results.get("111")).toMatchObject({ outcome: "no-agents", callerGone: false });
  });

  it("`false`: however long nobody is there", async () => {
    const here = await office({ queues: [queue("q")], agents: two });
    for (const { number } of two) await away(here, number, "offline");
    await here.dial("111");
    await here.at.test.advance("1h");
    expect(here.line()).toEqual(["111"]);
    await away(here, "1002", "available");
    await here.at.test.advance(200);
    expect(here.ringing()).toEqual(["1002"]);
  });
});
