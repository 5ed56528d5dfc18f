/** Sources remembered: a bound on what a flood of addresses can cost. */
const MAX_BUCKETS = 20_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by key: `perSecond` on the average, `burst` at once. */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now monotonic ms */
  constructor(options: { readonly perSecond: number; readonly burst: number }, now: () => number) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#now = now;
  }

  /** Takes a token; false when there is none. */
  take(key: string): boolean {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: this.#burst, at: now };
      this.#buckets.set(key, bucket);
      if (this.#buckets.size > MAX_BUCKETS) this.#trim(now);
    } else {
      bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond);
      bucket.at = now;
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Full buckets are as good as none; then the oldest go, a thousand at a time. */
  #trim(now: number): void {
    for (const [key, { tokens, at }] of this.#buckets) if (tokens + ((now - at) / 1000) * this.#perSecond >= this.#burst) this.#buckets.delete(key);
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= MAX_BUCKETS - 1_000) break;
      this.#buckets.delete(key);
    }
  }
}
