import { INTERACTIONS } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import type { AcdPluginOptions } from "../src/index.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

afterEach(closeStages);

const day = { from: 0, to: Number.MAX_SAFE_INTEGER };
const MINUTE = 60_000;

/** Something that is no call waits in `q`. */
function arrive(at: Stage, channel: string): { done(): void } {
  const record = at.test.services.get(INTERACTIONS).open({ channel, direction: "inbound", from: `${channel} citizen`, to: channel });
  let done = (): void => undefined;
  const ended = new Promise<void>((resolve) => (done = resolve));
  void at.acd.serveWork({ interactionId: record.id, channel, ended, offer: () => Promise.resolve("accepted"), connected: () => undefined }, { queue: "q", ...(channel === "email" ? { patient: true } : {}) });
  return { done };
}

/** One agent who is away and comes back for one thing at a time. */
async function alone(acd: AcdPluginOptions): Promise<Stage> {
  const at = await stage({ startAt: Date.UTC(2026, 10, 26, 0, 1), acd });
  await at.phone("1001");
  await at.acd.setAgentState("1001", "not-ready", { actor: "system" });
  return at;
}

async function wait(at: Stage, channel: string, ms: number): Promise<void> {
  const { done } = arrive(at, channel);
  await at.test.advance(ms);
  await at.acd.setAgentState("1001", "available", { actor: "system" });
  await at.test.advance(100);
  await at.acd.setAgentState("1001", "not-ready", { actor: "system" });
  done();
  await at.test.advance(100);
}

const patient = { maxWaitSeconds: 0, joinEmpty: true, leaveEmpty: false, wrapUpSeconds: 0, connectPrompt: false, whisper: false } as const;
const inTime = async (at: Stage): Promise<readonly (readonly [string, boolean | null])[]> => (await at.entries()).map((entry) => [entry.channel, entry.inTime ?? null]);

describe("thresholds of GB/T 33358", () => {
  it("unless a queue says otherwise, calls are in time within 15 s, e-mail within 24 h, everything else within 3 minutes", async () => {
    const at = await alone(team(patient, ["1001"]));
    expect(at.acd.queue("q")).toMatchObject({ serviceLevelSeconds: 15, serviceLevels: { voice: 15, email: 86_400, "*": 180 } });
    await wait(at, "chat", 3 * MINUTE - 1_000);
    await wait(at, "chat", 3 * MINUTE + 1_000);
    await wait(at, "fax", 2 * MINUTE);
    await wait(at, "email", 60 * MINUTE);
    const phone = await at.phone("1001");
    for (const seconds of [14, 17]) {
      const caller = await at.dial(`1380000${seconds}`);
      await at.test.advance(seconds * 1_000 - 500);
      await at.acd.setAgentState("1001", "available", { actor: "system" });
      await at.test.advance(100);
      await phone.answer();
      await at.test.advance(500);
      await at.acd.setAgentState("1001", "not-ready", { actor: "system" });
      await caller.hangup();
      await at.test.advance(500);
    }
    expect(await inTime(at)).toEqual([["chat", true], ["chat", false], ["fax", true], ["email", true], ["voice", true], ["voice", false]]);
    const { total, channels } = await at.acd.figures({ queue: "q", ...day });
    expect(total).toMatchObject({ answered: 6, serviceLevel: 4 / 6 });
    expect(channels.map(({ channel, answered, serviceLevel }) => [channel, answered, serviceLevel])).toEqual([["chat", 2, 0.5], ["email", 1, 1], ["fax", 1, 1], ["voice", 2, 0.5]]);
  });

  it("a queue's own threshold holds for every channel, or for those it names; `*` for all it does not name", async () => {
    const at = await alone({
      ...team({ ...patient, serviceLevelSeconds: { voice: 20, chat: 60 } }, ["1001"]),
      queues: [
        { key: "q", name: "咨询", ...patient, serviceLevelSeconds: { voice: 20, chat: 60 } },
        { key: "one", name: "一", serviceLevelSeconds: 40 },
        { key: "rest", name: "二", serviceLevelSeconds: { voice: 10, "*": 90 } },
      ],
    });
    const levels = (key: string): readonly unknown[] => [at.acd.queue(key)?.serviceLevelSeconds, at.acd.queue(key)?.serviceLevels];
    expect([levels("q"), levels("one"), levels("rest")]).toEqual([[20, { voice: 20, email: 86_400, "*": 180, chat: 60 }], [40, { "*": 40 }], [10, { voice: 10, "*": 90 }]]);
    await wait(at, "chat", 59_000);
    await wait(at, "chat", 61_000);
    expect(await inTime(at)).toEqual([["chat", true], ["chat", false]]);
  });

  it("whoever waits is late by the threshold of the own channel", async () => {
    const at = await alone(team(patient, ["1001"]));
    expect(at.acd.queue("q")?.oldestLateAt).toBeNull();
    const chat = arrive(at, "chat");
    const { oldestAt, oldestLateAt } = at.acd.queue("q") ?? {};
    expect(oldestLateAt).toBe((oldestAt ?? 0) + 180_000);
    chat.done();
    await at.test.advance(1_000);
    await at.dial("13800000001");
    const call = at.acd.queue("q");
    expect(call?.oldestLateAt).toBe((call?.oldestAt ?? 0) + 15_000);
  });
});

describe("what figures are held against", () => {
  it("95 % of the calls get through unless the hotline or the queue says otherwise; `null` is no target", async () => {
    const queues = [
      { key: "q", name: "咨询" },
      { key: "own", name: "投诉", targets: { connectRate: 0.98, serviceLevel: 0.8 } },
      { key: "none", name: "书面", targets: { connectRate: null } },
    ];
    const at = await stage({ acd: { queues } });
    const targets = (of: Stage): readonly unknown[] => queues.map(({ key }) => of.acd.queue(key)?.targets);
    expect(targets(at)).toEqual([{ connectRate: 0.95, serviceLevel: null }, { connectRate: 0.98, serviceLevel: 0.8 }, { connectRate: null, serviceLevel: null }]);
    expect((await at.acd.figures({ queue: "own", ...day })).targets).toEqual({ connectRate: 0.98, serviceLevel: 0.8 });
    expect((await at.acd.figures(day)).targets).toEqual({ connectRate: 0.95, serviceLevel: null });
    const other = await stage({ acd: { queues, targets: { connectRate: 0.9, serviceLevel: 0.85 } } });
    expect(targets(other)).toEqual([{ connectRate: 0.9, serviceLevel: 0.85 }, { connectRate: 0.98, serviceLevel: 0.8 }, { connectRate: null, serviceLevel: 0.85 }]);
  });

  it("a share above 1 or a threshold of nothing is refused with its place", async () => {
    await expect(stage({ acd: { ...team(), targets: { connectRate: 95 } } })).rejects.toThrow(/targets\.connectRate/);
    await expect(stage({ acd: team({ serviceLevelSeconds: { chat: 0 } }) })).rejects.toThrow(/serviceLevelSeconds/);
  });

  it("what the rates are shares of is told: who asked for a person, without short abandons", async () => {
    const at = await stage({ acd: team({ joinEmpty: true, leaveEmpty: false }, ["1001"]) });
    const short = await at.dial("13800000001");
    await at.test.advance(1_000);
    await short.hangup();
    const long = await at.dial("13800000002");
    await at.test.advance(20_000);
    await long.hangup();
    await at.test.advance(500);
    expect(at.acd.queue("q")?.today).toMatchObject({ offered: 2, asked: 1, abandoned: 2, abandonedShort: 1, connectRate: 0, abandonRate: 1 });
  });
});
