import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READ_POOL } from "@hotlinejs/core";
import type { FakeAgent } from "@hotlinejs/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AgentIntervalEntity } from "../src/entities/agent-interval.entity.js";
import { AgentStateLogEntity } from "../src/entities/agent-state-log.entity.js";
import { addsUp } from "./adds-up.js";
import { closeStages, crash, database, stage, team, type Stage } from "./stage.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "acd-facts-"));
});
afterEach(async () => {
  await closeStages();
  rmSync(folder, { recursive: true, force: true });
});

const start = (name: string, startAt?: number): Promise<Stage> => stage({ dataDir: join(folder, name), acd: team({ connectPrompt: false, whisper: false, maxWaitSeconds: 0 }, ["1001"], 5), ...(startAt === undefined ? {} : { startAt }) });

async function talk(at: Stage, phone: FakeAgent, from: string, ms: number): Promise<void> {
  const caller = await at.dial(from);
  await phone.answer();
  await at.test.advance(ms);
  await caller.hangup();
  await at.test.advance(6_000);
}

/** Time of the agent by quarter hours, less what lasts, is the time by the log of states. */
async function statesAddUp(at: Stage): Promise<void> {
  const { intervals, log } = await at.test.services.get(READ_POOL).read(async (em) => ({ intervals: await em.find(AgentIntervalEntity, {}), log: await em.find(AgentStateLogEntity, {}) }));
  for (const [state, column] of [["busy", "busyMs"], ["wrap-up", "wrapUpMs"], ["reserved", "reservedMs"]] as const) {
    const logged = log.filter(({ previous }) => previous === state).reduce((sum, { previousMs }) => sum + previousMs, 0);
    expect(intervals.reduce((sum, row) => sum + row[column], 0), state).toBe(logged);
  }
  expect(intervals.reduce((sum, row) => sum + row.handled, 0)).toBe((await at.entries()).filter(({ outcome }) => outcome === "answered").length);
}

it("facts of an outage outlive the process: the next one writes them, each once", { timeout: 60_000 }, async () => {
  const at = await start("first");
  const phone = await at.phone("1001");
  await talk(at, phone, "111", 10_000);
  const link = database(at);
  link.state = "away";
  await talk(at, phone, "222", 20_000);
  const gaveUp = await at.dial("333");
  await at.test.advance(2_000);
  await gaveUp.hangup();
  await at.test.advance(1_000);
  await at.dial("444");
  await at.test.advance(1_000);
  // As kill -9 leaves it.
  cpSync(join(folder, "first"), join(folder, "second"), { recursive: true });
  const spool = join(folder, "second", "acd-facts.ndjson");
  const kept = readFileSync(spool, "utf8");
  link.state = "there";
  const now = at.test.clock.now();
  await crash(at);

  const after = await start("second", now + 1_000);
  const entries = await after.entries();
  expect(entries.map(({ outcome, talkMs, waitMs }) => [outcome, talkMs, (waitMs ?? 0) < 4_000])).toEqual([["answered", 10_050, true], ["answered", 20_050, true], ["abandoned", null, true], ["process_restart", null, true]]);
  await addsUp(after);
  await statesAddUp(after);
  expect(existsSync(spool)).toBe(false);
  expect(after.acd.queue("q")?.today).toMatchObject({ offered: 4, answered: 2, abandoned: 1 });
  const then = after.test.clock.now();
  await crash(after);

  // The process ended after the facts were committed and before their file was gone.
  writeFileSync(spool, `${kept}{"form":1,"fa`);
  const again = await start("second", then + 1_000);
  expect(await again.entries()).toHaveLength(4);
  await addsUp(again);
  await statesAddUp(again);
  expect(existsSync(spool)).toBe(false);
});

it("a connection lost at the commit counts nothing twice", { timeout: 60_000 }, async () => {
  const at = await start("one");
  const phone = await at.phone("1001");
  await talk(at, phone, "111", 10_000);
  const link = database(at);
  link.state = "lost";
  await talk(at, phone, "222", 20_000);
  const gaveUp = await at.dial("333");
  await at.test.advance(2_000);
  await gaveUp.hangup();
  // Long enough for states that last to be booked too.
  await at.test.advance(130_000);
  link.state = "there";
  await at.test.advance(5_000);
  expect((await at.entries()).map(({ outcome }) => outcome)).toEqual(["answered", "answered", "abandoned"]);
  await addsUp(at);
  await statesAddUp(at);
  const [{ available } = { available: 0 }] = await at.test.services.get(READ_POOL).read((em) => em.execute<{ available: number }[]>("select sum(available_ms) as available from acd_agent_interval"));
  expect(Number(available)).toBeLessThan(at.test.clock.now());
  const told = await at.test.services.get(READ_POOL).read((em) => em.execute<{ name: string; n: number }[]>("select name, count(*) as n from core_outbox where name like 'acd.%' group by name order by name"));
  expect(told.map(({ name, n }) => [name, Number(n)])).toEqual([["acd.abandoned", 1], ["acd.answered", 2], ["acd.ended", 2], ["acd.wrapped-up", 2]]);
  expect(existsSync(join(folder, "one", "acd-facts.ndjson"))).toBe(false);
});

it("callers of the same millisecond stand in the old order after a crash, whoever rings back first", { timeout: 60_000 }, async () => {
  const at = await start("order");
  const phone = await at.phone("1001");
  await talk(at, phone, "000", 1_000);
  const busy = await at.dial("999");
  await phone.answer();
  await at.test.advance(3_000);
  expect(busy.answered).toBe(true);
  const numbers = ["111", "222", "333"];
  await Promise.all(numbers.map((from) => at.test.dial("12333", { from })));
  await at.test.advance(500);
  const before = at.acd.waiting("q");
  expect(before.map(({ callerNumber }) => callerNumber)).toEqual(numbers);
  expect(new Set(before.map(({ placeAt }) => placeAt)).size).toBe(1);
  await crash(at);

  const after = await start("order", at.test.clock.now() + 5_000);
  await after.test.advance(100);
  // Nobody is free: the agent is on the line with somebody else.
  const again = await after.phone("1001");
  await after.dial("888");
  await again.answer();
  await after.test.advance(3_000);
  for (const from of [...numbers].reverse()) await after.dial(from);
  const regained = after.acd.waiting("q");
  expect(new Set(regained.map(({ placeAt }) => placeAt)).size).toBe(1);
  expect(regained.map(({ callerNumber }) => callerNumber)).toEqual(numbers);
});
