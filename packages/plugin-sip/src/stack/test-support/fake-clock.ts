import type { StackClock, StackTimer } from "../clock.js";

interface Waiting {
  readonly due: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that only moves when told. Timers of one instant run in the order in which they were set. */
export class FakeClock implements StackClock {
  #now = 1_700_000_000_000;
  #order = 0;
  readonly #waiting = new Set<Waiting>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, ms: number): StackTimer {
    if (ms > 0x7fffffff) throw new RangeError("Node runs such a timer at once");
    const entry: Waiting = { due: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#waiting.add(entry);
    return { cancel: () => void this.#waiting.delete(entry) };
  }

  /** Timers set and not yet run or cancelled. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Moves on, running what is due; promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#waiting.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.fn();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): Waiting | undefined {
    let found: Waiting | undefined;
    for (const entry of this.#waiting) {
      if (entry.due > end) continue;
      if (found === undefined || entry.due < found.due || (entry.due === found.due && entry.order < found.order)) found = entry;
    }
    return found;
  }
}

/** Lets chained promises run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}
