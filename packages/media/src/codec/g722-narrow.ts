import { HalfBandDecimator, HalfBandInterpolator } from "../audio/half-band.js";
import { LINEAR_TO_ALAW } from "./g711.js";
import { G722Decoder, G722Encoder } from "./g722.js";

/*
 * G.722 at the edge of a plane whose sound is G.711: one octet of the one for one of the other, at the same level (both codecs' full
 * scale is that of 16 bits, as phones have it).
 */

/** Octets handled at a time: 20 ms. */
const BLOCK = 160;
/** One for all: a block is finished before the next begins. */
const narrow = new Int16Array(BLOCK);
const wide = new Int16Array(2 * BLOCK);

/** Makes a stream of G.722 of G.711. */
export class NarrowToG722 {
  readonly #interpolator = new HalfBandInterpolator();
  readonly #encoder = new G722Encoder();

  /**
   * Writes as many octets as it reads; the two places may be the same.
   *
   * @param linear samples of the octets' law.
   */
  encode(linear: Int16Array, from: Uint8Array, fromOffset: number, to: Uint8Array, toOffset: number, length: number): void {
    for (let at = 0; at < length; at += BLOCK) {
      const count = Math.min(BLOCK, length - at);
      for (let i = 0; i < count; i++) narrow[i] = linear[from[fromOffset + at + i] as number] as number;
      this.#interpolator.process(narrow, wide, count);
      this.#encoder.encode(wide, to, toOffset + at, count);
    }
  }
}

/** Makes A-law of a stream of G.722. */
export class G722ToAlaw {
  readonly #decoder = new G722Decoder();
  readonly #decimator = new HalfBandDecimator();

  /** Writes as many octets as it reads. */
  decode(from: Uint8Array, fromOffset: number, to: Uint8Array, toOffset: number, length: number): void {
    for (let at = 0; at < length; at += BLOCK) {
      const count = Math.min(BLOCK, length - at);
      this.#decoder.decode(from, fromOffset + at, count, wide);
      this.#decimator.process(wide, narrow, count);
      for (let i = 0; i < count; i++) to[toOffset + at + i] = LINEAR_TO_ALAW[((narrow[i] as number) + 32_768) >> 4] as number;
    }
  }

  /** Stands where the other one does from here on. */
  copy(other: G722ToAlaw): void {
    this.#decoder.copy(other.#decoder);
    this.#decimator.copy(other.#decimator);
  }
}
