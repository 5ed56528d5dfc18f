import type { DtmfDigit } from "@hotlinejs/core";
import { eventOfDigit } from "../audio/tones.js";

/** Octets of the payload (RFC 4733 section 2.3). */
export const TELEPHONE_EVENT_BYTES = 4;
/** The end is sent three times (section 2.5.1.4). */
const ENDS = 3;
const FRAME = 160;
/** -10 dBm0 (section 2.3.4). */
const VOLUME = 10;

/** One key being sent: a packet per tick, growing duration, then the end three times. */
export class TelephoneEventSender {
  readonly timestamp: number;
  readonly #event: number;
  readonly #length: number;
  #duration = 0;
  #ends = 0;

  /**
   * @param timestamp of the key's beginning; constant for all its packets.
   * @param toneMs rounded up to whole ticks of 20 ms, 40 at the least, 8000 at the most.
   */
  constructor(digit: DtmfDigit, timestamp: number, toneMs: number) {
    this.timestamp = timestamp;
    this.#event = eventOfDigit(digit);
    this.#length = Math.ceil(Math.min(8000, Math.max(40, toneMs)) / 20) * FRAME;
  }

  /** The end has been sent three times. */
  get done(): boolean {
    return this.#ends >= ENDS;
  }

  /** The next packet is the key's first: it carries the marker. */
  get first(): boolean {
    return this.#duration === 0;
  }

  /** Writes the payload of the next packet. */
  write(out: Uint8Array, offset: number): void {
    if (this.#duration < this.#length) this.#duration += FRAME;
    const end = this.#duration >= this.#length;
    if (end) this.#ends++;
    out[offset] = this.#event;
    out[offset + 1] = (end ? 0x80 : 0) | VOLUME;
    out[offset + 2] = this.#duration >>> 8;
    out[offset + 3] = this.#duration;
  }
}
