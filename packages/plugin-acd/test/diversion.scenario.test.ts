import { READ_POOL } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { AcdPluginOptions } from "../src/index.js";
import { addsUp } from "./adds-up.js";
import { accept, CITIZEN, scene } from "./kept-place-scene.js";
import { closeStages, hear, stage, team, type Stage } from "./stage.js";

afterEach(closeStages);

const day = { from: 0, to: Number.MAX_SAFE_INTEGER };
/** A talk is taken to last three minutes until one has ended. */
const HANDLE_S = 180;
type Queue = NonNullable<AcdPluginOptions["queues"]>[number];
const quiet = { connectPrompt: false, whisper: false } as const;

async function talking(at: Stage, phone: FakeAgent, from: string): Promise<FakeCaller> {
  const caller = await at.dial(from);
  await phone.answer();
  await at.test.advance(1_000);
  expect(hear(phone, caller)).toBe(true);
  return caller;
}

const inLine = (at: Stage, queue = "q"): string[] => at.acd.waiting(queue).map(({ callerNumber }) => callerNumber);

describe("on entry", () => {
  it.each<[string, Queue["divert"]]>([
    ["the wait to be expected is above `waitSeconds`", { waitSeconds: HANDLE_S + 20 }],
    ["there are more than `ratio` callers for each agent there", { ratio: 1 }],
  ])("%s: told so and sent away, never let in; the others wait; figures and record say it", async (_, divert) => {
    const at = await stage({ acd: team({ ...quiet, divert }, ["1001"]) });
    const phone = await at.phone("1001");
    await talking(at, phone, "111");
    // One caller, and three minutes to be expected, for the one agent: just what is allowed.
    const waits = await at.dial("222");
    const diverted = await at.dial("333");
    expect(diverted.hearing).toContain("来电较多");
    await at.test.advance(20_000);
    expect(diverted.end?.by).toBe("local");
    expect(waits.end).toBeUndefined();
    expect(inLine(at)).toEqual(["222"]);
    expect(at.events("acd.queued")).toHaveLength(2);
    expect(at.events("acd.left")).toMatchObject([{ queue: "q", outcome: "diverted", waitMs: 0 }]);
    expect(await at.entries()).toMatchObject([{ outcome: "answered", expectedWaitMs: 0 }, { outcome: null, expectedWaitMs: HANDLE_S * 1000 }, { outcome: "diverted", waitMs: 0, offers: 0 }]);
    const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ n: number }[]>("select count(*) as n from core_interaction_event where type = 'queue.left' and data like '%diverted%'"));
    expect(rows).toEqual([{ n: 1 }]);
    expect((await at.acd.figures({ queue: "q", ...day })).total).toMatchObject({ offered: 3, answered: 1, abandoned: 0, otherwise: 1 });
    await addsUp(at);
  });

  it("never past an agent who is free: not even with a limit of nothing at all", async () => {
    const at = await stage({ acd: team({ ...quiet, divert: { waitSeconds: 0, ratio: 0 } }, ["1001"]) });
    const phone = await at.phone("1001");
    await talking(at, phone, "111");
    const second = await at.dial("222");
    expect(second.hearing).toContain("来电较多");
    expect(at.events("acd.left")).toMatchObject([{ outcome: "diverted" }]);
  });

  it("the wait to be expected follows the talks: after short ones who would have been sent away waits", async () => {
    const at = await stage({ acd: team({ ...quiet, divert: { waitSeconds: HANDLE_S - 10 } }, ["1001"], 0) });
    const phone = await at.phone("1001");
    const first = await talking(at, phone, "111");
    await at.dial("222");
    expect(at.events("acd.left")).toMatchObject([{ outcome: "diverted" }]);
    await first.hangup();
    await at.test.advance(500);
    await talking(at, phone, "333");
    await at.dial("444");
    expect(at.events("acd.left")).toHaveLength(1);
    expect(inLine(at)).toEqual(["444"]);
    const told = (await at.entries()).at(-1)?.expectedWaitMs ?? 0;
    expect(told).toBeGreaterThan(150_000);
    expect(told).toBeLessThan((HANDLE_S - 10) * 1000);
    // The engine says the same of who would come next.
    expect(at.acd.queue("q")?.expectedWaitMs).toBe(told * 2);
  });
});

/** Two queues, and a flow that leads who is sent away from the first into the second. */
function twoQueues(divert: Queue["divert"], distinguish = true): { acd: AcdPluginOptions; flow: FlowDefinition } {
  return {
    acd: {
      wrapUp: 0,
      queues: [
        { key: "q", name: "综合咨询", ...quiet, ...(divert === undefined ? {} : { divert }) },
        { key: "second", name: "后备", ...quiet },
      ],
      agents: [{ number: "1001", name: "甲", queues: ["q"] }, { number: "1002", name: "乙", queues: ["q"] }, { number: "2001", name: "丙", queues: ["second"] }],
    },
    flow: {
      id: "main",
      start: "wait",
      nodes: [
        distinguish
          ? { id: "wait", type: "queue", queue: "q", distinguish: ["diverted"], on: { diverted: "other", timeout: "end", full: "end", "no-agents": "end" }, next: "end" }
          : { id: "wait", type: "queue", queue: "q", on: { timeout: "end", full: "other", "no-agents": "end" }, next: "end" },
        { id: "other", type: "queue", queue: "second", on: { timeout: "end", full: "end", "no-agents": "end" }, next: "end" },
        { id: "end", type: "hangup" },
      ],
    },
  };
}

async function floor(divert: Queue["divert"], distinguish = true) {
  const { acd, flow } = twoQueues(divert, distinguish);
  const at = await stage({ acd, plugins: [ivr({ flows: [flow] })], plan: { handler: "flow", target: "main" } });
  const [one, two, other] = [await at.phone("1001"), await at.phone("1002"), await at.phone("2001")] as const;
  await talking(at, one, "111");
  await talking(at, two, "222");
  return { at, one, two, other };
}

describe("while waiting", () => {
  it.each<[string, Queue["divert"]]>([
    ["the wait to be expected grows too long", { waitSeconds: HANDLE_S + 20, whileWaiting: true }],
    ["there are too many for those who are left", { ratio: 1, whileWaiting: true }],
  ])("%s as an agent signs off: who waits last goes on in the flow, and is served there; who is before waits on", async (_, divert) => {
    const { at, one, other } = await floor(divert);
    const before = await at.dial("333");
    const last = await at.dial("444");
    expect(inLine(at)).toEqual(["333", "444"]);
    await at.test.advance(20_000);
    expect(other.ringing).toBe(false);
    await at.acd.setAgentState("1002", "offline", { actor: "system" });
    await at.test.advance(500);
    expect(inLine(at)).toEqual(["333"]);
    expect(other.ringing).toBe(true);
    await other.answer();
    await at.test.advance(1_000);
    expect(hear(other, last)).toBe(true);
    await one.hangup();
    await at.test.advance(500);
    await one.answer();
    await at.test.advance(1_000);
    expect(hear(one, before)).toBe(true);

    const entries = await at.entries();
    const diverted = entries.find(({ outcome }) => outcome === "diverted");
    expect(diverted).toMatchObject({ queue: "q", agent: null, offers: 0 });
    expect(diverted?.waitMs).toBe((diverted?.leftAt ?? 0) - (diverted?.enteredAt ?? 0));
    expect(diverted?.waitMs).toBeGreaterThanOrEqual(20_000);
    // The stay in the second queue is one of its own, of the same record; its wait begins there.
    const stays = entries.filter(({ interactionId }) => interactionId === diverted?.interactionId);
    expect(stays.map(({ queue, outcome }) => [queue, outcome])).toEqual([["q", "diverted"], ["second", "answered"]]);
    expect(stays[1]?.enteredAt).toBeGreaterThanOrEqual(diverted?.leftAt ?? Infinity);
    expect(stays[1]?.waitMs).toBeLessThan(5_000);
    expect((await at.acd.figures({ queue: "q", ...day })).total).toMatchObject({ offered: 4, answered: 3, otherwise: 1 });
    await addsUp(at);
  });

  it("without `whileWaiting` who was let in stays", async () => {
    const { at } = await floor({ waitSeconds: HANDLE_S + 20, ratio: 1 });
    await at.dial("333");
    await at.dial("444");
    await at.acd.setAgentState("1002", "offline", { actor: "system" });
    await at.test.advance(30_000);
    expect(inLine(at)).toEqual(["333", "444"]);
    // Who comes now is not let in.
    await at.dial("555");
    expect(inLine(at, "second")).toEqual(["555"]);
  });

  it("a node that does not tell `diverted` apart leads on as `full`", async () => {
    const { at, other } = await floor({ ratio: 0.5 }, false);
    await at.dial("333");
    const diverted = await at.dial("444");
    expect(inLine(at)).toEqual(["333"]);
    await other.answer();
    await at.test.advance(1_000);
    expect(hear(other, diverted)).toBe(true);
  });

  it("with the place kept: a callback offered to who is sent away comes in the place where they stood", async () => {
    // Only what ends a talk tells how long talks take.
    const { at, one, rings, place, free } = await scene({ queue: { divert: { waitSeconds: 600, whileWaiting: true }, maxWaitSeconds: 0 } });
    const before = await at.dial("13500000001");
    const caller = await at.dial(CITIZEN);
    const enteredAt = (await at.entries()).at(-1)?.placeAt;
    await at.test.advance("1h");
    expect(inLine(at)).toEqual(["13500000001", CITIZEN]);
    await one.hangup();
    expect(inLine(at)).toEqual(["13500000001"]);
    await caller.hears(`回电号码是${CITIZEN}`);
    await caller.press("1");
    await caller.hears("已为您登记回电");
    await at.test.advance(20_000);
    expect(await place()).toMatchObject({ placeAt: enteredAt });
    expect((await at.entries()).at(-1)).toMatchObject({ outcome: "diverted", placeAt: enteredAt });
    await one.answer();
    await at.test.advance(1_000);
    expect(hear(one, before)).toBe(true);
    expect(rings).toEqual([]);
    await free();
    expect(rings).toHaveLength(1);
    await accept(at, rings[0]);
    await one.answer();
    await at.test.advance(1_000);
    expect(hear(one, rings[0])).toBe(true);
  });
});
