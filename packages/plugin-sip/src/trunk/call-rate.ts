/** Calls per second of one trunk: a token bucket, which may also be drawn upon ahead of time, so that whoever waits is served in order. */
export class CallRate {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number | undefined;

  /** @param perSecond calls a second on the average; as many, but at least one, may come at once. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, Math.floor(perSecond));
    this.#tokens = this.#burst;
  }

  /** How long the next call would have to wait, ms; 0: not at all. @param now monotonic ms */
  waitMs(now: number): number {
    if (this.#at !== undefined) this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    // A sum of fractions of a token may lack the last bit of a whole one.
    return this.#tokens >= 1 - 1e-9 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }

  /** Draws for one call, which then waits for `waitMs` as it was before. */
  draw(): void {
    this.#tokens -= 1;
  }
}
