import type { Clock } from "@hotlinejs/core";
import { sourceOf } from "@hotlinejs/core";

export interface AttemptLimits {
  /** Failures of one account from one source. */
  readonly pair: number;
  /** Failures from one source over all accounts that never signed in from it. */
  readonly source: number;
  /** Failures of one account from all sources that never signed in to it. */
  readonly account: number;
  readonly windowMs: number;
}

/** One attempt in progress. Exactly one of the three ends it; later calls do nothing. */
export interface Attempt {
  succeed(): void;
  /** Returns whether this failure locked the account for the source. */
  fail(): boolean;
  /** The attempt was neither right nor wrong (the database was away). */
  abandon(): void;
}

interface Counter {
  count: number;
  /** Counts from here on; a counter whose window is over starts anew. */
  until: number;
}

/**
 * Counts attempts before they are checked, so that a hundred guesses sent at once count as a hundred.
 * Names that do not exist are counted like those that do. In memory: a restart forgets.
 */
export class AttemptGuard {
  readonly #counters = new Map<string, Counter>();
  readonly #trusted = new Set<string>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: AttemptLimits,
    private readonly capacity = 20_000,
  ) {}

  /** Milliseconds to wait when the account is locked for this source, else the attempt. */
  enter(account: string, address: string): Attempt | { readonly retryAfterMs: number } {
    const source = sourceOf(address);
    const pairKey = `p\0${account}\0${source}`;
    const keys: { key: string; limit: number }[] = [{ key: pairKey, limit: this.limits.pair }];
    // Who has signed in from here before is not held up by what others do: one address may be a whole office.
    if (!this.#trusted.has(pairKey)) keys.push({ key: `s\0${source}`, limit: this.limits.source }, { key: `a\0${account}`, limit: this.limits.account });
    const now = this.clock.now();
    let wait = 0;
    for (const { key, limit } of keys) {
      const counter = this.#counters.get(key);
      if (counter && counter.until > now && counter.count >= limit) wait = Math.max(wait, counter.until - now);
    }
    if (wait > 0) return { retryAfterMs: wait };
    for (const { key } of keys) this.#add(key, now);

    let open = true;
    const settle = (fn: () => void): void => {
      if (!open) return;
      open = false;
      fn();
    };
    return {
      succeed: () =>
        settle(() => {
          this.#counters.delete(pairKey);
          for (const { key } of keys.slice(1)) this.#takeBack(key);
          this.#trust(pairKey);
        }),
      fail: () => {
        let locked = false;
        settle(() => {
          const counter = this.#counters.get(pairKey);
          locked = counter !== undefined && counter.count >= this.limits.pair;
          // From the failure that locks, the lock lasts a whole window.
          if (counter && locked) counter.until = this.clock.now() + this.limits.windowMs;
        });
        return locked;
      },
      abandon: () =>
        settle(() => {
          for (const { key } of keys) this.#takeBack(key);
        }),
    };
  }

  /** Forgets the failures of an account, after an administrator has set its password. */
  clear(account: string): void {
    for (const key of this.#counters.keys()) {
      if (key === `a\0${account}` || key.startsWith(`p\0${account}\0`)) this.#counters.delete(key);
    }
  }

  #add(key: string, now: number): void {
    const counter = this.#counters.get(key);
    if (counter && counter.until > now) {
      counter.count++;
      return;
    }
    // Re-inserted at the end: the map is in order of age, the oldest go first when it is full.
    this.#counters.delete(key);
    if (this.#counters.size >= this.capacity) this.#evict(now);
    this.#counters.set(key, { count: 1, until: now + this.limits.windowMs });
  }

  #takeBack(key: string): void {
    const counter = this.#counters.get(key);
    if (!counter) return;
    counter.count--;
    if (counter.count <= 0) this.#counters.delete(key);
  }

  #trust(pairKey: string): void {
    this.#trusted.delete(pairKey);
    this.#trusted.add(pairKey);
    if (this.#trusted.size > this.capacity) {
      for (const oldest of this.#trusted) {
        this.#trusted.delete(oldest);
        break;
      }
    }
  }

  #evict(now: number): void {
    for (const [key, counter] of this.#counters) if (counter.until <= now) this.#counters.delete(key);
    for (const key of this.#counters.keys()) {
      if (this.#counters.size < this.capacity) break;
      this.#counters.delete(key);
    }
  }
}
