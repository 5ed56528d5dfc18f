/** Packets looked back on: five seconds of 20 ms. */
const WINDOW = 256;
/** Fewer say nothing. */
const LEAST = 50;
/** Of 100 packets so many shall be in time. */
const IN_TIME = 98;

/** How long recent packets were under way, in samples against an unknown start: all that can be known without the sender's clock. */
export class TransitWindow {
  readonly #transits = new Int32Array(WINDOW);
  readonly #sorted = new Int32Array(WINDOW);
  /** The first transit: differences to it do not wrap. */
  #base = 0;
  #count = 0;
  #best = 0;

  /** The fastest of them; `undefined` before the first. */
  get best(): number | undefined {
    return this.#count === 0 ? undefined : (this.#base + this.#best) | 0;
  }

  add(transit: number): void {
    if (this.#count === 0) this.#base = transit;
    const relative = (transit - this.#base) | 0;
    this.#transits[this.#count % WINDOW] = relative;
    if (this.#count === 0 || relative < this.#best) this.#best = relative;
    this.#count++;
  }

  /** What 98 of 100 did not take longer than; `undefined` while there are too few. The fastest is looked for anew, too. */
  slowest(): number | undefined {
    const held = Math.min(this.#count, WINDOW);
    if (held < LEAST) return undefined;
    const sorted = this.#sorted.subarray(0, held);
    sorted.set(this.#transits.subarray(0, held));
    sorted.sort();
    this.#best = sorted[0] as number;
    return (this.#base + (sorted[Math.floor(((held - 1) * IN_TIME) / 100)] as number)) | 0;
  }

  clear(): void {
    this.#count = 0;
  }
}
