import { describe, expect, it } from "vitest";
import { busyHour } from "./support/busy-hour.js";
import { recordLongRun } from "./support/long-results.js";
import { hasSipp } from "./support/peers.js";
import { reconcile } from "./support/reconcile.js";

const QUEUE = { serviceLevelSeconds: 15, shortAbandonSeconds: 5, maxWaitSeconds: 60, maxLength: 30, ringTimeoutSeconds: 5, announce: { firstSeconds: 5, everySeconds: 10 } };

describe.skipIf(!hasSipp())("a busy hour through SIPp", () => {
  it("120 callers and 30 agents over five minutes, hang-ups at random moments: everything agrees to the call", async () => {
    const seconds = (...all: (number | undefined)[]): (number | undefined)[] => all.map((each) => (each === undefined ? undefined : each * 1_000));
    const { hour, dispose } = await busyHour({
      agents: 30,
      callers: 120,
      ms: 270_000,
      seed: Number(process.env.HOTLINE_TEST_SEED ?? 20_261_126),
      queue: QUEUE,
      wrapUpSeconds: 10,
      stayMs: [500, 120_000],
      manners: seconds(60, 75, 40, undefined, 80, 100, 50, 70, 30, 90).map((talkMs, digit) => ({ ringMs: digit === 7 ? 60_000 : 400 + 300 * digit, talkMs })),
    });
    try {
      const { mismatches, figures } = await reconcile(hour, QUEUE);
      expect(mismatches).toEqual([]);
      expect(figures.answered ?? 0).toBeGreaterThan(20);
      recordLongRun("acd reconciliation", `120 callers, 30 agents, five minutes through SIPp: ${Object.entries(figures).map(([name, count]) => `${name} ${count}`).join(", ")}, no mismatch`);
    } finally {
      await dispose();
    }
  });
});
