import { performance } from "node:perf_hooks";
import { setTimeout as startTimer } from "node:timers";
import type { StackClock } from "../clock.js";

/** The computer's own time, for tests over real sockets. */
export const realClock: StackClock = {
  now: () => performance.timeOrigin + performance.now(),
  monotonic: () => performance.now(),
  setTimeout: (fn, ms) => {
    const timer = startTimer(fn, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Waits until `condition` holds; throws after `ms`. */
export async function eventually(condition: () => boolean, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error("condition did not come true in time");
    await pause(5);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => startTimer(resolve, ms));
}
