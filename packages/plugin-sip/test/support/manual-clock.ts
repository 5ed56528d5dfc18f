import type { Clock, Timer } from "@hotlinejs/core";

interface Armed {
  at: number;
  fn: () => void;
  every: number | undefined;
}

/** A clock that moves only when told. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Armed>();

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, ms: number): Timer {
    return this.#arm({ at: this.#now + ms, fn, every: undefined });
  }

  setInterval(fn: () => void, ms: number): Timer {
    return this.#arm({ at: this.#now + ms, fn, every: ms });
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        timer.cancel();
        reject(signal.reason);
      });
    });
  }

  get armed(): number {
    return this.#timers.size;
  }

  /** Moves on, running what falls due in order and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.fn();
    }
    this.#now = end;
    await settle();
  }

  /** Sets the wall clock without running anything. */
  set(now: number): void {
    this.#now = now;
  }

  #arm(timer: Armed): Timer {
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
