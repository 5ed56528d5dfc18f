/** So many that wait for too long are no accident of a few slow decisions: the machine does not follow. */
const CROWD = 20;

export interface SetupGateOptions {
  /** Longest that calls should wait for their first ring or their answer, ms; 0: whatever it takes. */
  readonly maxWaitMs: number;
  /** Calls that may be set up at once. */
  readonly max: number;
  /** Monotonic ms. */
  now(): number;
  /** How long a call has waited before it could be read, ms. */
  lagMs(): number;
}

/** One call that comes in, as the gate sees it. */
export interface Setup {
  /** It rings, is answered, or over: it waits for nothing of ours. Idempotent. */
  done(): void;
  /** It is being answered after it rang: it waits for its media. */
  again(): void;
}

/**
 * Holds back new calls while those that were let in wait for too long: for the hooks and the flow that take them, and for the
 * media workers' answer. What is waited for does not matter; that a crowd waits shows that calls come faster than they can be
 * served. A burst is let in whole, since its wait is short where the machine can follow. What waits unread in the system counts too.
 */
export class SetupGate {
  readonly #options: SetupGateOptions;
  /** Since when each waits, the oldest first. */
  readonly #waiting = new Map<Setup, number>();

  constructor(options: SetupGateOptions) {
    this.#options = options;
  }

  /** Calls that are being set up. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether one more call may come in. */
  get open(): boolean {
    const { max, maxWaitMs, now, lagMs } = this.#options;
    if (this.#waiting.size >= max) return false;
    if (maxWaitMs === 0) return true;
    const lag = lagMs();
    // Half of the patience of a call must be left when it is read, or it is answered too late whatever is done.
    if (lag >= maxWaitMs / 2) return false;
    if (this.#waiting.size < CROWD) return true;
    const since = now() - (maxWaitMs - lag);
    let late = 0;
    for (const begun of this.#waiting.values()) {
      if (begun > since) break;
      if (++late >= CROWD) return false;
    }
    return true;
  }

  /** A call was let in. */
  enter(): Setup {
    let over = false;
    const setup: Setup = {
      done: () => {
        over = true;
        this.#waiting.delete(setup);
      },
      again: () => {
        if (over) this.#waiting.set(setup, this.#options.now());
      },
    };
    this.#waiting.set(setup, this.#options.now());
    return setup;
  }
}
