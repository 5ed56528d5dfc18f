import type { Clock } from "@hotlinejs/core";
import { sourceOf } from "@hotlinejs/core";

export interface AuthThrottleOptions {
  /** Failures of one account from one source before it must wait. Default 5. */
  readonly perAccount?: number;
  /** Failures of all accounts from one source before the whole source must wait: higher, since many phones may share an address. Default 50. */
  readonly perSource?: number;
  /** Failures are forgotten after this time; a wait lasts as long. Default 300 000 ms. */
  readonly windowMs?: number;
}

interface Count {
  failures: number;
  /** When the window (or the wait) ends. */
  until: number;
}

/** Sources and accounts remembered at most: a bound on what a flood of names can cost. */
const MAX_ENTRIES = 20_000;

/** Slows down guessing of passwords. Only answers to challenges of ours count, so a spoofed source blocks nobody. */
export class AuthThrottle {
  readonly #clock: Clock;
  readonly #perAccount: number;
  readonly #perSource: number;
  readonly #windowMs: number;
  readonly #counts = new Map<string, Count>();
  /** Since the start: wrong passwords, and waits that began. */
  readonly counters = { failures: 0, waits: 0 };

  constructor(clock: Clock, options: AuthThrottleOptions = {}) {
    this.#clock = clock;
    this.#perAccount = options.perAccount ?? 5;
    this.#perSource = options.perSource ?? 50;
    this.#windowMs = options.windowMs ?? 300_000;
  }

  /** Seconds this account must still wait at this source; `undefined`: it may try. */
  waiting(source: string, account: string): number | undefined {
    const now = this.#clock.now();
    let until = 0;
    for (const [key, limit] of this.#keys(source, account)) {
      const count = this.#counts.get(key);
      if (count !== undefined && count.until > now && count.failures >= limit) until = Math.max(until, count.until);
    }
    return until === 0 ? undefined : Math.ceil((until - now) / 1000);
  }

  /** Whether the source as a whole has failed too often. */
  sourceWaits(source: string): boolean {
    const count = this.#counts.get(sourceKey(source));
    return count !== undefined && count.until > this.#clock.now() && count.failures >= this.#perSource;
  }

  /** Notes a failure. `true`: with this one the wait begins. */
  failed(source: string, account: string): boolean {
    const now = this.#clock.now();
    let began = false;
    this.counters.failures++;
    for (const [key, limit] of this.#keys(source, account)) {
      const before = this.#counts.get(key);
      const count = before !== undefined && before.until > now ? before : { failures: 0, until: 0 };
      count.failures += 1;
      if (count.failures === 1 || count.failures === limit) count.until = now + this.#windowMs;
      if (count.failures === limit) began = true;
      this.#counts.delete(key);
      this.#counts.set(key, count);
    }
    this.#trim(now);
    if (began) this.counters.waits++;
    return began;
  }

  /** The right password clears the account at this source. */
  succeeded(source: string, account: string): void {
    this.#counts.delete(accountKey(source, account));
  }

  /** Sources and accounts remembered. */
  get size(): number {
    return this.#counts.size;
  }

  #keys(source: string, account: string): readonly (readonly [string, number])[] {
    return [
      [accountKey(source, account), this.#perAccount],
      [sourceKey(source), this.#perSource],
    ];
  }

  #trim(now: number): void {
    if (this.#counts.size <= MAX_ENTRIES) return;
    for (const [key, count] of this.#counts) if (count.until <= now) this.#counts.delete(key);
    // Well below the bound, so that a flood pays for the sweep once in a thousand entries.
    for (const key of this.#counts.keys()) {
      if (this.#counts.size <= MAX_ENTRIES - 1_000) break;
      this.#counts.delete(key);
    }
  }
}

function sourceKey(source: string): string {
  return `source ${sourceOf(source)}`;
}

function accountKey(source: string, account: string): string {
  return `account ${sourceOf(source)} ${account.slice(0, 100)}`;
}
