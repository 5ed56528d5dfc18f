import type { Activity } from "../contracts/time.js";

/** Counts work in flight; see Activity. */
export class ActivityCounter implements Activity {
  #inFlight = 0;
  #waiters: (() => void)[] = [];

  get inFlight(): number {
    return this.#inFlight;
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.#inFlight++;
    const done = (): void => {
      this.#inFlight--;
      if (this.#inFlight === 0) {
        const waiters = this.#waiters;
        this.#waiters = [];
        for (const waiter of waiters) waiter();
      }
    };
    work.then(done, done);
    return work;
  }

  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}
