import type { Clock, Timer } from "../contracts/time.js";

/** The machine's clock. Timers keep the process alive, as Node's do. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimeout(fn: () => void, ms: number): Timer {
    // Node turns spans above 2^31-1 ms into 1 ms; long waits are walked in steps instead.
    const longest = 0x7fffffff;
    if (ms <= longest) {
      const handle = setTimeout(fn, Math.max(0, ms));
      return { cancel: () => clearTimeout(handle) };
    }
    let inner: Timer = { cancel: () => undefined };
    const step = (left: number): void => {
      const handle = setTimeout(() => (left <= longest ? fn() : step(left - longest)), Math.min(left, longest));
      inner = { cancel: () => clearTimeout(handle) };
    };
    step(ms);
    return { cancel: () => inner.cancel() };
  }

  setInterval(fn: () => void, ms: number): Timer {
    const handle = setInterval(fn, Math.max(1, ms));
    return { cancel: () => clearInterval(handle) };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }
}

/** A sleep made of a clock's own timer, so that virtual clocks share it. */
export function sleepOn(clock: Pick<Clock, "setTimeout">, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
