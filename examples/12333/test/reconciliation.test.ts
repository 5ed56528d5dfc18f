import { describe, expect, it } from "vitest";
import { busyHour } from "./support/busy-hour.js";
import { hasSipp } from "./support/peers.js";
import { reconcile } from "./support/reconcile.js";

const QUEUE = { serviceLevelSeconds: 5, shortAbandonSeconds: 2, maxWaitSeconds: 9, maxLength: 7, ringTimeoutSeconds: 2, rejectDelaySeconds: 1, noAnswerDelaySeconds: 1, busyDelaySeconds: 1, announce: { firstSeconds: 3, everySeconds: 5 } };

describe.skipIf(!hasSipp())("a small busy hour through SIPp", () => {
  it("30 callers and 6 agents, who hang up, decline, let ring: records, recordings, events, figures and reports agree to the call", async () => {
    const { hour, dispose } = await busyHour({
      agents: 6,
      callers: 30,
      ms: 16_000,
      seed: 12_333,
      queue: QUEUE,
      wrapUpSeconds: 1,
      stayMs: [500, 18_000],
      // The fourth of ten declines, the eighth lets it ring until the queue tries the next.
      manners: [3_500, 4_500, 3_000, undefined, 4_000, 5_000, 3_300, 4_500, 2_800, 3_700].map((talkMs, digit) => ({ ringMs: digit === 7 ? 30_000 : 150 + 80 * digit, talkMs })),
    });
    try {
      const { mismatches, figures } = await reconcile(hour, QUEUE);
      process.stdout.write(`small busy hour: ${JSON.stringify(figures)}\n`);
      expect(mismatches).toEqual([]);
      // It was busy indeed.
      for (const outcome of ["answered", "abandoned", "full"]) expect(figures[outcome] ?? 0, outcome).toBeGreaterThan(0);
    } finally {
      await dispose();
    }
  }, 300_000);
});
