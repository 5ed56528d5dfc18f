import type { Activity } from "../contracts/time.js";

/** Real milliseconds for which a piece of work is waited for in all. */
const PATIENCE_MS = 5_000;

interface Work {
  waitedMs: number;
}

/** Counts work in flight; see Activity. */
export class ActivityCounter implements Activity {
  readonly #counted = new Set<Work>();
  #waiters: (() => void)[] = [];

  get inFlight(): number {
    return this.#counted.size;
  }

  track<T>(work: Promise<T>): Promise<T> {
    const counted: Work = { waitedMs: 0 };
    this.#counted.add(counted);
    const done = (): void => this.#uncount(counted);
    work.then(done, done);
    return work;
  }

  idle(): Promise<void> {
    if (this.#counted.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Somebody has waited so long in vain. What has cost too much of that waits for time itself, or for ever, and is counted no longer. */
  waited(ms: number): void {
    for (const work of [...this.#counted]) {
      work.waitedMs += ms;
      if (work.waitedMs >= PATIENCE_MS) this.#uncount(work);
    }
  }

  #uncount(work: Work): void {
    if (!this.#counted.delete(work) || this.#counted.size > 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}
