import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNIT_OF_WORK } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { QueueEntryEntity } from "../src/entities/queue-entry.entity.js";
import { closeStages, crash, stage, team } from "./stage.js";
import type { Stage } from "./stage.js";

afterEach(closeStages);

/** 111 talks with 1001; 222 waits, since 1002 is not ready. */
async function talking(options: Parameters<typeof stage>[0] = {}): Promise<{ at: Stage; caller: Awaited<ReturnType<Stage["dial"]>>; one: Awaited<ReturnType<Stage["phone"]>>; two: Awaited<ReturnType<Stage["phone"]>> }> {
  const at = await stage({ acd: team({ joinEmpty: true, leaveEmpty: false }, ["1001", "1002"], 5), ...options });
  const [one, two] = [await at.phone("1001"), await at.phone("1002")];
  await at.acd.setAgentState("1002", "not-ready", { actor: "u1" });
  const caller = await at.dial("111");
  await one.answer();
  await at.test.advance(10_000);
  expect(at.acd.agent("1001")?.state).toBe("busy");
  return { at, caller, one, two };
}

describe("a talk that is cut off", () => {
  it("by the caller's line: who rings back goes to the same agent when free", async () => {
    const { at, caller, one, two } = await talking();
    await at.acd.setAgentState("1002", "available", { actor: "u1" });
    caller.call.finish("media-timeout", "system");
    await at.test.advance(6_000);
    expect(at.acd.agent("1001")?.state).toBe("available");
    // Idle longer, 1002 would be rung for anybody else.
    await at.dial("111");
    expect([one.ringing, two.ringing]).toEqual([true, false]);
    expect(one.call?.from.number).toBe("111");
  });

  it("is not taken for one that was hung up", async () => {
    const { at, caller, one, two } = await talking();
    await at.acd.setAgentState("1002", "available", { actor: "u1" });
    await caller.hangup();
    await at.test.advance(6_000);
    await at.dial("111");
    expect([one.ringing, two.ringing]).toEqual([false, true]);
  });

  it("with the agent taken, the caller is first in line", async () => {
    const { at, caller, one } = await talking();
    await at.dial("222");
    caller.call.finish("failed", "system");
    await at.test.advance(5_500);
    // 222 has the agent meanwhile.
    await one.answer();
    await at.test.advance(5_000);
    await at.dial("333");
    await at.dial("111");
    expect(at.events("acd.queued").at(-1)).toMatchObject({ ahead: 0 });
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual(["111", "333"]);
  });

  it("after regainSeconds it is a call like any other", async () => {
    const { at, caller } = await talking({ acd: team({ joinEmpty: true, leaveEmpty: false, regainSeconds: 60 }, ["1001", "1002"], 5) });
    await at.acd.setAgentState("1001", "not-ready", { actor: "u1" });
    caller.call.finish("failed", "system");
    await at.test.advance(10_000);
    await at.dial("222");
    await at.test.advance(51_000);
    await at.dial("111");
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual(["222", "111"]);
  });

  it.each(["stop", "kill"] as const)("by the end of the process (%s): the next one knows the place and the agent", async (how) => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const before = await talking({ dataDir });
      await crash(before.at);
      let now = before.at.test.clock.now() + 1_000;
      if (how === "kill") {
        const between = await stage({ dataDir, startAt: now, acd: team() });
        // As a killed process leaves its rows.
        await between.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(QueueEntryEntity, {}, { endedAt: null, talkMs: null, cutAt: null }));
        await crash(between);
        now = between.test.clock.now() + 1_000;
      }
      const at = await stage({ dataDir, startAt: now, acd: team() });
      expect((await at.entries()).map(({ outcome, agent, cutAt }) => [outcome, agent, typeof cutAt])).toEqual([["answered", "1001", "number"]]);
      const [two, one] = [await at.phone("1002"), await at.phone("1001")];
      await at.acd.setAgentState("1002", "available", { actor: "u1" });
      await at.test.advance(1_000);
      await at.acd.setAgentState("1001", "not-ready", { actor: "u1" });
      await at.acd.setAgentState("1001", "available", { actor: "u1" });
      await at.test.advance(1_000);
      // 1002 is free longer.
      await at.dial("111");
      expect([one.ringing, two.ringing]).toEqual([true, false]);
      await crash(at);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
