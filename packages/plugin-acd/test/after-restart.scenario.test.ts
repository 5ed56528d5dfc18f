import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres } from "../../core/test/postgres.js";
import { agent, office, queue, talking, type Office } from "./routing-scene.js";
import { closeStages, crash } from "./stage.js";

let root: string;
let folders = 0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "acd-history-"));
  folders = 0;
});
afterEach(async () => {
  await closeStages();
  rmSync(root, { recursive: true, force: true });
});

const folder = (): string => join(root, String(folders));
const day = (strategy: string, startAt?: number): Promise<Office> => office({ queues: [queue("q", { strategy })], agents: [agent("1001"), agent("1002"), agent("1003")] }, { dataDir: folder(), ...(startAt === undefined ? {} : { startAt }) });

/** A talk with this agent, whoever else is free. */
async function served(here: Office, number: string, seconds: number): Promise<void> {
  await talking(here, number, `138${number}${seconds}${here.results.size}`, { preferredAgent: number });
  await here.at.test.advance(seconds * 1_000);
  await here.free(number);
}

/** Ends the process and starts another one. `killed`: as kill -9 leaves it. */
async function again(here: Office, strategy: string, how: "stopped" | "killed", laterMs = 5_000): Promise<Office> {
  await here.at.test.advance(1_000);
  const now = here.at.test.clock.now();
  const before = folder();
  if (how === "killed") {
    folders += 1;
    cpSync(before, folder(), { recursive: true });
  }
  await crash(here.at);
  return day(strategy, Math.max(now + laterMs, here.at.test.clock.now()));
}

/** Who would be rung for a caller who came now. */
async function next(here: Office): Promise<string | undefined> {
  const caller = await here.dial(`139${String(here.results.size).padStart(8, "0")}`);
  const [rung] = here.ringing();
  await caller.hangup();
  return rung;
}

describe.each(["stopped", "killed"] as const)("a hotline that was %s and starts again on the same day goes on where it was", (how) => {
  it("fewest-calls: those of the day are counted", async () => {
    const before = await day("fewest-calls");
    await served(before, "1001", 5);
    await served(before, "1002", 60);
    await served(before, "1001", 5);
    await served(before, "1003", 5);
    await served(before, "1003", 5);
    expect(await next(before)).toBe("1002");
    const after = await again(before, "fewest-calls", how);
    expect(after.at.acd.agents().map(({ callsTaken }) => callsTaken)).toEqual([2, 1, 2]);
    expect(await next(after)).toBe("1002");
    await served(after, "1002", 5);
    await served(after, "1002", 5);
    expect(await next(after)).toBe("1001");
  });

  it("least-talk-time: talks of the day are counted", async () => {
    const before = await day("least-talk-time");
    await served(before, "1001", 60);
    await served(before, "1002", 30);
    await served(before, "1003", 10);
    const talked = before.at.acd.agents().map(({ talkMs }) => talkMs);
    const after = await again(before, "least-talk-time", how);
    expect(after.at.acd.agents().map(({ talkMs }) => talkMs)).toEqual(talked);
    expect(await next(after)).toBe("1003");
    await served(after, "1003", 30);
    expect(await next(after)).toBe("1002");
  });

  it("least-recent: whose last talk ended longest ago", async () => {
    const before = await day("least-recent");
    for (const number of ["1002", "1003", "1001"]) await served(before, number, 5);
    const after = await again(before, "least-recent", how);
    expect(await next(after)).toBe("1002");
  });

  it("longest-idle: who was free longest is; who talked when it ended is free from now on", async () => {
    const before = await day("longest-idle");
    await served(before, "1001", 5);
    await served(before, "1002", 5);
    await talking(before, "1003", "111", { preferredAgent: "1003" });
    expect(await next(before)).toBe("1001");
    await served(before, "1001", 5);
    const after = await again(before, "longest-idle", how);
    expect(await next(after)).toBe("1002");
    await served(after, "1002", 5);
    expect(await next(after)).toBe("1001");
    await served(after, "1001", 5);
    expect(await next(after)).toBe("1003");
  });

  it("round-robin: from behind the one who had the last call", async () => {
    const before = await day("round-robin");
    await served(before, "1001", 5);
    await served(before, "1002", 5);
    const after = await again(before, "round-robin", how);
    expect(await next(after)).toBe("1003");
    expect(await next(after)).toBe("1001");
  });

  it("the wait to be expected is that of the day's talks, not that of a hotline which has seen none", async () => {
    const before = await day("longest-idle");
    for (let i = 0; i < 12; i++) await served(before, "1001", 20);
    for (const number of ["1001", "1002", "1003"]) await talking(before, number, `11${number}`, { preferredAgent: number });
    const told = before.at.acd.queue("q")?.expectedWaitMs ?? 0;
    expect(told).toBeLessThan(40_000);
    const after = await again(before, "longest-idle", how);
    for (const number of ["1001", "1002", "1003"]) await talking(after, number, `22${number}`, { preferredAgent: number });
    expect(Math.abs((after.at.acd.queue("q")?.expectedWaitMs ?? 0) - told)).toBeLessThan(told / 2);
  });
});

describe.skipIf(!postgresPresent())("on PostgreSQL", () => {
  it("the same is known after a restart", { timeout: 60_000 }, async () => {
    const server = await startPostgres();
    try {
      const databaseUrl = await server.database();
      const open = (startAt?: number): Promise<Office> => office({ queues: [queue("q", { strategy: "fewest-calls" })], agents: [agent("1001"), agent("1002"), agent("1003")] }, { databaseUrl, dataDir: folder(), ...(startAt === undefined ? {} : { startAt }) });
      const before = await open();
      for (const number of ["1001", "1002", "1002"]) await served(before, number, 5);
      const known = before.at.acd.agents().map(({ callsTaken, talkMs }) => [callsTaken, talkMs]);
      await before.at.test.advance(1_000);
      await crash(before.at);
      const after = await open(before.at.test.clock.now() + 5_000);
      expect(after.at.acd.agents().map(({ callsTaken, talkMs }) => [callsTaken, talkMs])).toEqual(known);
      await crash(after.at);
    } finally {
      await server.stop();
    }
  });
});

it("who comes back only later has been away: idle from then on", async () => {
  const before = await day("longest-idle");
  await served(before, "1002", 5);
  await served(before, "1003", 5);
  await served(before, "1001", 5);
  await before.at.test.advance(60_000);
  const now = before.at.test.clock.now();
  await crash(before.at);
  const after = await office({ queues: [queue("q")], agents: [agent("1003"), agent("1001")] }, { dataDir: folder(), startAt: now + 10_000 });
  await after.at.test.advance(65_000);
  const late = await after.at.phone("1002");
  expect(await next(after)).toBe("1003");
  await served(after, "1003", 5);
  expect(await next(after)).toBe("1001");
  expect(late.calls).toEqual([]);
});

it("the next day begins at nothing: by a restart, and by midnight", async () => {
  // 23:50 in Shanghai.
  const before = await day("fewest-calls", Date.UTC(2026, 2, 2, 15, 50));
  for (let i = 0; i < 3; i++) await served(before, "1001", 5);
  await served(before, "1002", 5);
  expect(await next(before)).toBe("1003");
  await before.at.test.advance("11m");
  expect(before.at.acd.agents().map(({ callsTaken, talkMs }) => [callsTaken, talkMs])).toEqual([[0, 0], [0, 0], [0, 0]]);
  await served(before, "1003", 5);
  expect(await next(before)).toBe("1001");
  await served(before, "1001", 5);
  const after = await again(before, "fewest-calls", "killed");
  expect(after.at.acd.agents().map(({ callsTaken }) => callsTaken)).toEqual([1, 0, 1]);
});
