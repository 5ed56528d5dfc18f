import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READ_POOL } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres } from "../../core/test/postgres.js";
import { ACD, type AcdPluginOptions } from "../src/index.js";
import { addsUp } from "./adds-up.js";
import { agentTimesAddUp } from "./agent-times.js";
import { agent, office, queue, talking, type Office } from "./routing-scene.js";
import { closeStages, crash, stage, team, type Stage } from "./stage.js";

let root: string;
let folders = 0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "acd-crash-"));
  folders = 0;
});
afterEach(async () => {
  await closeStages();
  rmSync(root, { recursive: true, force: true });
});

const folder = (): string => join(root, String(folders));

/** Ends the process: in order, or as kill -9 leaves it. Returns when. */
async function ends(at: Stage, how: "stopped" | "killed"): Promise<number> {
  // What was decided last is written within 20 ms.
  await at.test.advance(100);
  const now = at.test.clock.now();
  if (how === "killed") {
    const before = folder();
    folders += 1;
    cpSync(before, folder(), { recursive: true });
  }
  await crash(at);
  return how === "killed" ? now : at.test.clock.now();
}

const wrapUpCodes = [
  { code: "answered", name: "当场答复", nameEn: "Answered at once" },
  { code: "dispatched", name: "登记转办", nameEn: "Passed on" },
];
const coded = (): AcdPluginOptions => ({ ...team({ connectPrompt: false, whisper: false, wrapUpCodeRequired: true }, ["1001", "1002"], 60), wrapUpCodes });

async function wrappingUp(at: Stage): Promise<void> {
  const phone = await at.phone("1001");
  const caller = await at.dial("13800000001");
  await phone.answer();
  await at.test.advance(5_000);
  await caller.hangup();
  await at.test.advance(10_000);
  expect(at.acd.agent("1001")?.state).toBe("wrap-up");
}

async function told(at: Stage): Promise<{ readonly code: string | null; readonly wrappedUp: readonly unknown[]; readonly queueMs: number; readonly agentMs: number }> {
  await at.test.advance(1_000);
  return at.test.services.get(READ_POOL).read(async (em) => {
    const [record] = await em.execute<{ wrap_up_code: string | null }[]>("select wrap_up_code from core_interaction where channel = 'voice' order by started_at limit 1");
    const events = await em.execute<{ data: string | object }[]>("select data from core_interaction_event where type = 'queue.wrapped-up' order by at, id");
    const [own] = await em.execute<{ ms: number | string }[]>("select sum(wrap_up_ms) as ms from acd_queue_interval");
    const [agents] = await em.execute<{ ms: number | string }[]>("select sum(wrap_up_ms) as ms from acd_agent_interval");
    return { code: record?.wrap_up_code ?? null, wrappedUp: events.map(({ data }) => (typeof data === "string" ? (JSON.parse(data) as unknown) : data)), queueMs: Number(own?.ms), agentMs: Number(agents?.ms) };
  });
}

describe.each(["stopped", "killed"] as const)("a hotline that was %s", (how) => {
  it("gives agents back the rest of their after-call work, with the code it requires, in the record of that talk", async () => {
    const before = await stage({ dataDir: folder(), acd: coded() });
    await wrappingUp(before);
    before.acd.extendWrapUp("1001", 20_000);
    const snapshot = before.acd.agent("1001");
    const left = (snapshot?.wrapUpUntil ?? 0) - before.test.clock.now();
    const end = await ends(before, how);
    const after = await stage({ dataDir: folder(), acd: coded(), startAt: end + 4_000 });
    expect(after.acd.agent("1001")).toMatchObject({ state: "wrap-up", wrapUp: { ...snapshot?.wrapUp, code: null, required: true } });
    const rest = (after.acd.agent("1001")?.wrapUpUntil ?? 0) - after.test.clock.now();
    // As long as it was; after a crash rather more: nobody saw the last seconds.
    expect(rest).toBeGreaterThan(left - 1_000);
    expect(rest).toBeLessThan(how === "stopped" ? left + 1_000 : left + 15_000);
    await after.phone("1001");
    const next = await after.dial("13800000002");
    expect(after.acd.waiting("q")).toMatchObject([{ ringing: null }]);
    await next.hangup();
    expect(() => after.acd.finishWrapUp("1001")).toThrow(expect.objectContaining({ code: "HTL_ACD_WRAP_UP_CODE_NEEDED" }) as Error);
    await after.test.advance(2_000);
    expect(after.acd.finishWrapUp("1001", { code: "dispatched" })).toMatchObject({ state: "available", wrapUp: null });
    const { code, wrappedUp, queueMs, agentMs } = await told(after);
    expect(code).toBe("dispatched");
    // One stretch, told and counted once, with what was over before.
    expect(wrappedUp).toEqual([{ queue: "q", agent: "1001", wrapUpMs: queueMs, code: "dispatched" }]);
    expect(queueMs).toBe(agentMs);
    expect(queueMs).toBeGreaterThan(12_000);
    await addsUp(after);
    await agentTimesAddUp(after);
    // Over is over: the next restart knows nothing of it.
    const again = await stage({ dataDir: folder(), acd: coded(), startAt: (await ends(after, how)) + 4_000 });
    expect(again.acd.agent("1001")?.state).toBe("unreachable");
  });

  it("knows a code that was chosen before, and a break that begins after the after-call work", async () => {
    const before = await stage({ dataDir: folder(), acd: coded() });
    await wrappingUp(before);
    before.acd.setWrapUpCode("1001", "answered");
    await before.acd.setAgentState("1001", "not-ready", { actor: "t" });
    expect(before.acd.agent("1001")?.state).toBe("wrap-up");
    const after = await stage({ dataDir: folder(), acd: coded(), startAt: (await ends(before, how)) + 4_000 });
    expect(after.acd.agent("1001")).toMatchObject({ state: "wrap-up", choice: "not-ready", wrapUp: { code: "answered" } });
    expect(after.acd.finishWrapUp("1001")).toMatchObject({ state: "not-ready" });
    expect((await told(after)).wrappedUp).toMatchObject([{ code: "answered" }]);
  });

  it("after a long time has nothing left of it: counted with what was done, and over", async () => {
    const before = await stage({ dataDir: folder(), acd: coded() });
    await wrappingUp(before);
    const after = await stage({ dataDir: folder(), acd: coded(), startAt: (await ends(before, how)) + 3_600_000 });
    await after.test.advance(1_000);
    expect(after.acd.agent("1001")?.state).toBe("unreachable");
    const { wrappedUp, queueMs, agentMs } = await told(after);
    expect(wrappedUp).toHaveLength(1);
    expect(queueMs).toBe(agentMs);
    expect(queueMs).toBeLessThan(10_100 + 15_100);
    await agentTimesAddUp(after);
  });

  it("has the time of agents up to its end, not beyond: nothing is lost of a state that lasts, a night without the hotline is no work", async () => {
    const start = Date.UTC(2026, 10, 26, 2, 1);
    const before = await stage({ dataDir: folder(), acd: team({}, ["1001", "1002"]), startAt: start });
    await before.phone("1001");
    const since = before.acd.agent("1001")?.since ?? 0;
    // Across a quarter of an hour, and not at a full minute.
    await before.test.advance(17 * 60_000 + 49_000);
    const end = await ends(before, how);
    const after = await stage({ dataDir: folder(), acd: team({}, ["1001", "1002"]), startAt: end + 8 * 3_600_000 });
    const free = async (): Promise<number> => Number((await after.test.services.get(READ_POOL).read((em) => em.execute<{ ms: number | string }[]>("select sum(available_ms) as ms from acd_agent_interval where agent = '1001'")))[0]?.ms);
    // To stop takes a moment; when a killed process died is known to 15 s, and rather too much than too little is counted.
    expect(await free()).toBeGreaterThanOrEqual(end - since - (how === "stopped" ? 5_000 : 0));
    expect(await free()).toBeLessThanOrEqual(end - since + (how === "stopped" ? 0 : 15_000));
    await agentTimesAddUp(after);
    const later = await stage({ dataDir: folder(), acd: team({}, ["1001", "1002"]), startAt: (await ends(after, "stopped")) + 1_000 });
    await agentTimesAddUp(later);
  });

  it("knows the priority that a supervisor gave to who waits: who rings back has the place and the priority, after the next restart too", async () => {
    const acd: AcdPluginOptions = { queues: [queue("q", { priority: 1 })], agents: [agent("1001")] };
    const begin = (startAt?: number): Promise<Office> => office(acd, { dataDir: folder(), ...(startAt === undefined ? {} : { startAt }) });
    const before = await begin();
    await talking(before, "1001", "100");
    await before.dial("111");
    await before.dial("222");
    await before.dial("333");
    const raise = (at: Stage, from: string): Promise<unknown> => {
      const caller = at.acd.waiting("q").find(({ callerNumber }) => callerNumber === from);
      return at.acd.setPriority(caller?.interactionId ?? "", 6, { actor: "t" });
    };
    await raise(before.at, "333");
    expect(before.line()).toEqual(["333", "111", "222"]);
    let here = before;
    for (let times = 0; times < 2; times++) {
      here = await begin((await ends(here.at, how)) + 4_000);
      await talking(here, "1001", "100");
      for (const from of ["111", "222", "333"]) await here.dial(from);
      expect(here.line()).toEqual(["333", "111", "222"]);
      expect(here.at.acd.waiting("q").map(({ priority }) => priority)).toEqual([6, 1, 1]);
    }
    await addsUp(here.at);
  });

  it("gives a place once, though it is ended again meanwhile", async () => {
    const acd: AcdPluginOptions = { queues: [queue("q", { regainSeconds: 600 })], agents: [agent("1001")] };
    const begin = (startAt?: number): Promise<Office> => office(acd, { dataDir: folder(), ...(startAt === undefined ? {} : { startAt }) });
    const before = await begin();
    await talking(before, "1001", "100");
    await before.dial("111");
    const placeAt = before.at.acd.waiting("q")[0]?.placeAt;
    const second = await begin((await ends(before.at, how)) + 4_000);
    await second.at.test.advance(5_000);
    // The place is given, and what came of it is over: a talk that ended.
    await talking(second, "1001", "111");
    await second.free("1001");
    const third = await begin((await ends(second.at, how)) + 4_000);
    await talking(third, "1001", "100");
    await third.dial("222");
    await third.dial("111");
    expect(third.line()).toEqual(["222", "111"]);
    expect(third.at.acd.waiting("q").find(({ callerNumber }) => callerNumber === "111")?.placeAt).toBeGreaterThan(placeAt ?? Infinity);
  });
});

describe.skipIf(!postgresPresent())("on PostgreSQL", () => {
  it("after-call work, times and priorities outlive the process too", { timeout: 60_000 }, async () => {
    const server = await startPostgres();
    try {
      const databaseUrl = await server.database();
      const before = await stage({ dataDir: folder(), databaseUrl, acd: coded() });
      await wrappingUp(before);
      await before.test.advance(100);
      await crash(before);
      const after = await stage({ dataDir: folder(), databaseUrl, acd: coded(), startAt: before.test.clock.now() + 4_000 });
      expect(after.test.services.get(ACD).agent("1001")).toMatchObject({ state: "wrap-up", wrapUp: { required: true } });
      after.acd.finishWrapUp("1001", { code: "answered" });
      const { code, queueMs, agentMs } = await told(after);
      expect([code, queueMs]).toEqual(["answered", agentMs]);
      await agentTimesAddUp(after);
      await crash(after);
    } finally {
      await server.stop();
    }
  });
});
