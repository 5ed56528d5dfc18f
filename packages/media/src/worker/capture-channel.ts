import { ALAW_SILENCE } from "../codec/g711.js";
import { CONCEALER_HISTORY, LossConcealer } from "../dsp/loss-concealer.js";
import { TimelinePlacer } from "./timeline-placer.js";

/** Only gaps as short as losses are, 240 ms, are concealed: a longer one is a pause of the source. */
const LONGEST_LOSS = 1920;

/** One for all channels of the worker: each gap is filled at once. */
const concealer = new LossConcealer();

/** One direction of a capture: a window of sound that moves on with the time. */
export class CaptureChannel {
  readonly window: Uint8Array;
  readonly #place = new TimelinePlacer();
  /** The end of what has left the window: sound before a gap that begins at its start. */
  readonly #before = new Uint8Array(CONCEALER_HISTORY).fill(ALAW_SILENCE);
  #source: object | number | undefined;
  /** Where the latest packet of the source ends. */
  #end = 0;

  constructor(capacity: number) {
    this.window = new Uint8Array(capacity).fill(ALAW_SILENCE);
  }

  /**
   * Position of a packet. What is missing between the one before and it is made up in the window: should it come after all, it is
   * written over it.
   *
   * @param base position of the window's first sample.
   */
  place(source: object | number, timestamp: number, length: number, now: number, base: number): number {
    const position = this.#place.place(source, timestamp, now, base);
    const same = source === this.#source;
    const gap = position - this.#end;
    if (same && gap > 0 && gap <= LONGEST_LOSS) this.#conceal(this.#end - base, gap);
    if (!same || gap >= 0 || position + length > this.#end) this.#end = position + length;
    this.#source = source;
    return position;
  }

  /** Something else than packets was written: the next packet continues nothing. */
  interrupt(): void {
    this.#source = undefined;
  }

  /** The window goes on by so many samples; `top` is where sound in it ends. */
  move(samples: number, top: number): void {
    const { window } = this;
    const held = Math.min(samples, window.length);
    if (held >= CONCEALER_HISTORY) this.#before.set(window.subarray(held - CONCEALER_HISTORY, held));
    else {
      this.#before.copyWithin(0, held);
      this.#before.set(window.subarray(0, held), CONCEALER_HISTORY - held);
    }
    window.copyWithin(0, samples, top);
    window.fill(ALAW_SILENCE, Math.max(0, top - samples), top);
  }

  #conceal(at: number, gap: number): void {
    if (at < 0 || at + gap > this.window.length) return;
    const known = Math.min(at, CONCEALER_HISTORY);
    const before = new Uint8Array(CONCEALER_HISTORY);
    before.set(this.#before.subarray(known));
    before.set(this.window.subarray(at - known, at), CONCEALER_HISTORY - known);
    concealer.conceal(before, this.window, at, gap);
    concealer.forget();
  }
}
