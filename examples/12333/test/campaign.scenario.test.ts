import { CAMPAIGNS } from "@hotlinejs/plugin-callbacks/contract";
import { SURVEYS } from "@hotlinejs/plugin-surveys/contract";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeCall } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualExample } from "./support/virtual-example.js";

let example: VirtualExample;
afterEach(() => example.close());

const LEADER = "user-leader";
const [TALKS, SILENT, REFUSES] = ["13800100001", "13800100002", "13800100003"] as const;

describe("a poll and an announcement of the example", () => {
  it("count an answer, call again in the afternoon who was not there, and never again who pressed 9", async () => {
    example = await VirtualExample.start();
    const { test } = example;
    const campaigns = test.services.get(CAMPAIGNS);
    const telephony = test.services.get(FAKE_TELEPHONY);
    const calls: FakeCall[] = [];
    const phone = (number: string, ring: (call: FakeCall) => void): void =>
      void telephony.plug(`tel:${number}`, (call) => {
        calls.push(call);
        ring(call);
      });
    phone(TALKS, (call) => void call.answer());
    phone(SILENT, () => undefined);
    phone(REFUSES, (call) => void call.answer());

    const poll = await campaigns.create({ name: "延迟退休政策知晓调查", kind: "flow", flow: "poll", calendar: "default", atOnce: 2 }, LEADER);
    expect(await campaigns.add(poll.id, [{ number: TALKS }, { number: SILENT }, { number: TALKS }, { number: "无" }], LEADER)).toMatchObject({ added: 2, duplicate: 1, invalid: 1, invalidLines: [4] });
    await campaigns.start(poll.id, LEADER);
    await test.advance(12_000);
    expect(calls[0]?.leg?.texts[0]).toMatch(/邀请您参加一分钟的民意调查/);
    await test.advance(15_000);
    calls[0]?.leg?.injectDtmf("1");
    await test.advance(30_000);
    expect((await campaigns.people(poll.id)).items).toMatchObject([{ result: "completed" }, { status: "open", attempts: 1 }]);
    expect(await test.services.get(SURVEYS).results("service-2026")).toMatchObject({ total: 1 });
    // The morning is one opening of the office, the afternoon another.
    const { nextAt = 0 } = (await campaigns.people(poll.id)).items[1] ?? {};
    expect(new Date(nextAt + 8 * 3_600_000).toISOString().slice(11, 16)).toMatch(/^1[34]:/);

    const news = await campaigns.create({ name: "技能提升补贴宣讲", kind: "announcement", prompt: { id: "P208", values: { announcement: "技能提升补贴可以申领" } }, calendar: "default", queue: "general" }, LEADER);
    await campaigns.add(news.id, [{ number: REFUSES }], LEADER);
    await campaigns.start(news.id, LEADER);
    await test.advance(2_000);
    calls.at(-1)?.leg?.injectDtmf("9");
    await test.advance(15_000);
    expect((await campaigns.people(news.id)).items).toMatchObject([{ result: "refused-by-person" }]);
    expect(await campaigns.add(poll.id, [{ number: REFUSES }], LEADER)).toMatchObject({ added: 0, doNotCall: 1 });
  });
});
