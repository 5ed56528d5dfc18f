const SECONDS = 60;

/** Calls since the start and within the last minute, by whole seconds. */
export class CallCount {
  readonly #perSecond = new Array<number>(SECONDS).fill(0);
  #second = 0;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** @param now monotonic ms */
  add(now: number): void {
    this.#goTo(now);
    this.#total++;
    this.#perSecond[this.#second % SECONDS] = (this.#perSecond[this.#second % SECONDS] ?? 0) + 1;
  }

  /** @param now monotonic ms */
  lastMinute(now: number): number {
    this.#goTo(now);
    return this.#perSecond.reduce((sum, each) => sum + each, 0);
  }

  /** Empties the seconds that have passed without a call. */
  #goTo(now: number): void {
    const second = Math.floor(now / 1000);
    for (let next = Math.max(this.#second + 1, second - SECONDS + 1); next <= second; next++) this.#perSecond[next % SECONDS] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
