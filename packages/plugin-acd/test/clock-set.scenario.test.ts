import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READ_POOL } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { AGENT_CALLS } from "../src/index.js";
import { closeStages, crash, stage, team } from "./stage.js";

afterEach(closeStages);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const quick = { connectPrompt: false, whisper: false, joinEmpty: true, leaveEmpty: false } as const;

describe.each([-HOUR, HOUR])("the clock of a hotline at work is set by %s ms", (leap) => {
  it("who loses the agent afterwards is first again, before who came later; talk and state have lasted as long as they did", async () => {
    const at = await stage({ acd: team(quick, ["1001", "1002"], 5), request: {} });
    const calls = at.test.services.get(AGENT_CALLS);
    const agent = await at.phone("1001");
    await at.dial("13500000001");
    await agent.answer();
    await at.test.advance(10_000);
    at.test.clock.set(leap);
    await at.dial("13500000002");
    const now = (): number => at.test.clock.now();
    expect(now() - (calls.current("1001")?.answeredAt ?? 0)).toBeLessThan(15_000);
    expect(now() - (calls.current("1001")?.answeredAt ?? Infinity)).toBeGreaterThan(9_000);
    expect(now() - (at.acd.agent("1001")?.since ?? 0)).toBeLessThan(15_000);
    await agent.unplug();
    await at.test.advance(30_500);
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual(["13500000001", "13500000002"]);
    const [first] = at.acd.waiting("q");
    expect(now() - (first?.placeAt ?? 0)).toBeLessThan(60_000);
  });

  it("who leaves by key takes the place along as it counts now", async () => {
    const at = await stage({ acd: team(quick), request: { exitKeys: "9" } });
    const caller = await at.dial("13500000001");
    await at.test.advance(20_000);
    at.test.clock.set(leap);
    await at.dial("13500000002");
    await caller.press("9");
    await at.test.advance(200);
    const [result] = at.results;
    expect(result).toMatchObject({ outcome: "exit" });
    const [second] = at.acd.waiting("q");
    expect((second?.placeAt ?? 0) - (result?.placeAt ?? 0)).toBeGreaterThan(19_000);
    expect((second?.placeAt ?? 0) - (result?.placeAt ?? 0)).toBeLessThan(25_000);
  });

  it("figures asked for in that very moment count what has passed, and nothing twice", async () => {
    const at = await stage({ acd: team(quick, ["1001"]) });
    await at.phone("1001");
    await at.test.advance(10 * MINUTE);
    const day = 24 * HOUR;
    const sums = async (): Promise<number> => (await at.acd.agentFigures({ from: at.test.clock.now() - day, to: at.test.clock.now() + day })).total.availableMs;
    const before = await sums();
    expect(before).toBeGreaterThanOrEqual(10 * MINUTE);
    await at.test.advance(MINUTE);
    at.test.clock.set(leap);
    expect(await sums()).toBe(before + MINUTE);
    await at.test.advance(5 * MINUTE);
    expect(await sums()).toBe(before + 6 * MINUTE);
    expect(await sums()).toBe(before + 6 * MINUTE);
  });

  it("who is cut off by the end of the process has waited, or talked, as long as it was", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-clock-set-"));
    try {
      const at = await stage({ acd: team(quick, ["1001"]), dataDir });
      const agent = await at.phone("1001");
      await at.dial("13500000001");
      await agent.answer();
      await at.test.advance(5_000);
      await at.dial("13500000002");
      await at.test.advance(20_000);
      at.test.clock.set(leap);
      await at.test.advance(10_000);
      await crash(at);
      const after = await stage({ acd: team(quick, ["1001"]), dataDir, startAt: at.test.clock.now() });
      const [talked, waited] = await after.entries();
      expect(talked?.talkMs).toBeGreaterThan(34_000);
      expect(talked?.talkMs).toBeLessThan(40_000);
      expect(waited).toMatchObject({ outcome: "cut" });
      expect(waited?.waitMs).toBeGreaterThan(29_000);
      expect(waited?.waitMs).toBeLessThan(35_000);
    } finally {
      await closeStages();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("a break that lasts too long is told after the time that has passed, in minutes that have passed", async () => {
    const at = await stage({ acd: { ...team(quick, ["1001"]), reasons: [{ code: "rest", name: "小休", nameEn: "Rest", maxMinutes: 10 }] } });
    await at.phone("1001");
    await at.acd.setAgentState("1001", "not-ready", { actor: "test", reason: "rest" });
    await at.test.advance(5 * MINUTE);
    at.test.clock.set(leap);
    await at.test.advance(4 * MINUTE + 50_000);
    expect(at.events("acd.agent-overdue")).toEqual([]);
    await at.test.advance(20_000);
    expect(at.events("acd.agent-overdue")).toHaveLength(1);
    expect(at.test.clock.now() - (at.events("acd.agent-overdue")[0]?.since ?? 0)).toBeLessThan(11 * MINUTE);
    const told = await at.test.services.get(READ_POOL).read((em) => em.execute<{ text: string }[]>("select text from core_notification where template = 'acd.agent-overdue'"));
    expect(told).toMatchObject([{ text: "坐席1001（1001）小休已10分钟" }]);
  });
});
