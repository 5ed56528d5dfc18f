/** More would be kept only in a flood; the oldest then go. */
const MAX_KEPT = 20_000;

/** What a repetition of the request is answered with. */
interface Kept<R> {
  readonly refusal: R;
  readonly until: number;
}

/**
 * Calls that were refused without a transaction, for as long as copies of their INVITE may come: the same call must not be refused and
 * then, a moment later, answered, since its caller has given it up by then.
 */
export class RefusedLately<R> {
  readonly #kept = new Map<string, Kept<R>>();
  readonly #forMs: number;
  readonly #now: () => number;

  constructor(forMs: number, now: () => number) {
    this.#forMs = forMs;
    this.#now = now;
  }

  add(key: string, refusal: R): void {
    const now = this.#now();
    for (const [oldest, { until }] of this.#kept) {
      if (until > now && this.#kept.size < MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key, { refusal, until: now + this.#forMs });
  }

  get(key: string): R | undefined {
    const kept = this.#kept.size === 0 ? undefined : this.#kept.get(key);
    return kept !== undefined && kept.until > this.#now() ? kept.refusal : undefined;
  }
}
