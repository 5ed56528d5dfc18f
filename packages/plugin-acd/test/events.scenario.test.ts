import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { closeStages, crash, stage, team, type Stage } from "./stage.js";

afterEach(closeStages);

/** Names, with whom and what they are about, of what the plugin told of queues and agents' work. */
function told(at: Stage): string[] {
  const kept = ["agent", "ahead", "priority", "queues", "reason", "outcome", "cause"];
  return at.test.events.all
    .filter(({ name }) => name.startsWith("acd.") && name !== "acd.agent-state" && name !== "acd.agent-call")
    .map(({ name, payload }) => [name.slice(4), ...kept.flatMap((key) => (key in (payload as object) ? [String((payload as Record<string, unknown>)[key])] : []))].join(" "));
}

describe("events tell each step of a citizen through a queue", () => {
  it("from the line to the end of the after-call work, with those who are let go", async () => {
    const at = await stage({ acd: { wrapUp: 10, queues: [{ key: "q", name: "q", strategy: "ring-all", joinEmpty: true, overflow: [{ afterSeconds: 20, queues: ["more"] }] }, { key: "more", name: "more" }], agents: ["1001", "1002"].map((number) => ({ number, name: number, queues: ["q"] })) } });
    const caller = await at.dial();
    const interactionId = at.acd.waiting("q")[0]?.interactionId ?? "";
    await at.acd.setPriority(interactionId, 3, { actor: "u1" });
    await at.test.advance(25_000);
    const [one, two] = [await at.phone("1001"), await at.phone("1002")];
    await at.test.advance(1_000);
    expect([one.ringing, two.ringing]).toEqual([true, true]);
    await one.answer();
    await at.test.advance(5_000);
    await caller.hangup();
    await at.test.advance(15_000);
    expect(told(at)).toEqual([
      "queued 0",
      "priority-changed 3",
      "overflowed more",
      "offered 1001",
      "offered 1002",
      "connecting 1001",
      "withdrawn 1002 answered-elsewhere",
      "answered 1001",
      "ended 1001",
      "wrapped-up 1001",
    ]);
    expect(at.test.events.of("acd.wrapped-up")).toMatchObject([{ interactionId, queue: "q", wrapUpMs: 10_000 }]);
  });

  it("those of a process that died are told by the next one", async () => {
    const root = mkdtempSync(join(tmpdir(), "acd-events-"));
    try {
      const before = await stage({ acd: team(), dataDir: root });
      const one = await before.phone("1001");
      await before.dial();
      await one.answer();
      await before.dial("13900000002");
      await before.test.advance(5_000);
      const copy = `${root}-copy`;
      cpSync(root, copy, { recursive: true });
      const now = before.test.clock.now();
      await crash(before);
      const after = await stage({ acd: team(), dataDir: copy, startAt: now + 3_600_000 });
      await after.test.advance(1_000);
      expect(after.test.events.of("acd.left")).toMatchObject([{ queue: "q", outcome: "process_restart" }]);
      // The hour without a process is nobody's wait.
      expect(after.test.events.of("acd.left")[0]?.waitMs).toBeLessThan(60_000);
      expect(after.test.events.of("acd.ended")).toMatchObject([{ queue: "q", agent: "1001", talkMs: null }]);
      await closeStages();
      rmSync(copy, { recursive: true, force: true });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
