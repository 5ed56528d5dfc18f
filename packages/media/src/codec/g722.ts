import { G722Band, HIGHER, LOWER, saturated } from "./g722-band.js";

/*
 * ITU-T G.722: sound of 50 to 7000 Hz, sampled at 16 kHz, in 64 kbit/s. Two mirror filters part it into two bands of 8 kHz each; the
 * lower is coded with 6 bits a sample, the higher with 2. An octet, the higher band in its upper two bits, is two samples of sound, so
 * that a stream has as many octets a second as one of G.711 (and counts its time as one: RFC 3551 section 4.5.2).
 */

/** Octets handled at a time: 20 ms. */
const BLOCK = 160;
/** Half the length of the mirror filters. */
const TAPS = 12;
/** Pairs of samples before a block that the filters look at. */
const BEFORE = TAPS - 1;
/** Every second coefficient of the mirror filter, of 8192; the others are the same backwards. */
const EVEN = Int16Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);
const ODD = EVEN.slice().reverse();

/** Decision levels of the lower band's quantiser of 60 levels, of 4096th of the scale factor (Q6). */
const DECISIONS = Int16Array.of(0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919);
/** Decision level of the higher band (Q2). */
const HIGHER_DECISION = 564;

/** Inverse quantisers of the lower band by mode: of 6 bits, of 5 and of 4, where the last bits of an octet are data and no sound (QM6, QM5, QM4). */
const OUTPUT_6 = Int16Array.of(
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
  -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
  24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
  4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
);
const OUTPUT_5 = Int16Array.of(
  -280, -280, -23352, -17560, -14120, -11664, -9752, -8184, -6864, -5712, -4696, -3784, -2960, -2208, -1520, -880,
  23352, 17560, 14120, 11664, 9752, 8184, 6864, 5712, 4696, 3784, 2960, 2208, 1520, 880, 280, -280,
);
const OUTPUTS = { 1: OUTPUT_6, 2: OUTPUT_5, 3: LOWER.steps } as const;

/** What of a block stands behind what was before it. One for all: a block is finished before the next begins. */
const pairsA = new Int32Array(BEFORE + BLOCK);
const pairsB = new Int32Array(BEFORE + BLOCK);

/** Encodes one stream. Nothing is allocated on the way. */
export class G722Encoder {
  readonly #lower = new G722Band(LOWER);
  readonly #higher = new G722Band(HIGHER);
  /** The samples before, first and second of each pair. */
  readonly #firsts = new Int32Array(BEFORE);
  readonly #seconds = new Int32Array(BEFORE);

  /** Writes an octet for each two samples. */
  encode(pcm: Int16Array, octets: Uint8Array, offset = 0, length = pcm.length >> 1): void {
    for (let at = 0; at < length; at += BLOCK) this.#block(pcm, at, octets, offset + at, Math.min(BLOCK, length - at));
  }

  #block(pcm: Int16Array, from: number, octets: Uint8Array, to: number, count: number): void {
    const firsts = pairsA;
    const seconds = pairsB;
    firsts.set(this.#firsts);
    seconds.set(this.#seconds);
    for (let i = 0; i < count; i++) {
      firsts[BEFORE + i] = pcm[2 * (from + i)] as number;
      seconds[BEFORE + i] = pcm[2 * (from + i) + 1] as number;
    }
    for (let i = 0; i < count; i++) {
      let older = 0;
      let newer = 0;
      // The filter is even: backwards in time over the pairs is forwards over the other half of its coefficients.
      for (let k = 0; k < TAPS; k++) {
        older = (older + Math.imul(firsts[i + k] as number, EVEN[k] as number)) | 0;
        newer = (newer + Math.imul(seconds[i + k] as number, ODD[k] as number)) | 0;
      }
      octets[to + i] = encodeHigher(this.#higher, (newer - older) >> 14) | encodeLower(this.#lower, (newer + older) >> 14);
    }
    this.#firsts.set(firsts.subarray(count, count + BEFORE));
    this.#seconds.set(seconds.subarray(count, count + BEFORE));
  }

  /** @internal Both bands, for tests of their ranges. */
  get bands(): readonly G722Band[] {
    return [this.#lower, this.#higher];
  }
}

/** QUANTL: a code of 6 bits. */
function encodeLower(band: G722Band, sample: number): number {
  const difference = saturated(sample - band.expected);
  const magnitude = difference < 0 ? ~difference : difference;
  const { scale } = band;
  // The first decision level above it, else the last interval.
  let level = 1;
  let end = DECISIONS.length;
  while (level < end) {
    const middle = (level + end) >> 1;
    if (magnitude < Math.imul(DECISIONS[middle] as number, scale) >> 12) end = middle;
    else level = middle + 1;
  }
  // No code whose first four bits are all 0, so that no octet is.
  const code = difference < 0 ? (level < 3 ? 64 : 34) - level : 62 - level;
  band.adapt(code >> 2);
  return code;
}

/** QUANTH: a code of 2 bits, in its place. */
function encodeHigher(band: G722Band, sample: number): number {
  const difference = saturated(sample - band.expected);
  const magnitude = difference < 0 ? ~difference : difference;
  const large = magnitude >= Math.imul(HIGHER_DECISION, band.scale) >> 12;
  const code = (difference < 0 ? 1 : 3) - Number(large);
  band.adapt(code);
  return code << 6;
}

/** Decodes one stream. Nothing is allocated on the way. */
export class G722Decoder {
  readonly #lower = new G722Band(LOWER);
  readonly #higher = new G722Band(HIGHER);
  readonly #output: Int16Array;
  readonly #dropped: number;
  /** Differences and sums of the bands before. */
  readonly #differences = new Int32Array(BEFORE);
  readonly #sums = new Int32Array(BEFORE);

  /** @param mode 1: all bits are sound; 2: the last is not (56 kbit/s); 3: the last two are not (48 kbit/s). RTP knows only 1. */
  constructor(mode: 1 | 2 | 3 = 1) {
    this.#output = OUTPUTS[mode];
    this.#dropped = mode - 1;
  }

  /** Writes two samples for each octet. */
  decode(octets: Uint8Array, offset: number, length: number, pcm: Int16Array): void {
    for (let at = 0; at < length; at += BLOCK) this.#block(octets, offset + at, pcm, at, Math.min(BLOCK, length - at));
  }

  #block(octets: Uint8Array, from: number, pcm: Int16Array, to: number, count: number): void {
    const differences = pairsA;
    const sums = pairsB;
    differences.set(this.#differences);
    sums.set(this.#sums);
    for (let i = 0; i < count; i++) {
      const octet = octets[from + i] as number;
      const low = decodeBand(this.#lower, this.#output[(octet & 63) >> this.#dropped] as number, (octet >> 2) & 15);
      const high = decodeBand(this.#higher, HIGHER.steps[octet >> 6] as number, octet >> 6);
      differences[BEFORE + i] = low - high;
      sums[BEFORE + i] = low + high;
    }
    for (let i = 0; i < count; i++) {
      let first = 0;
      let second = 0;
      for (let k = 0; k < TAPS; k++) {
        first = (first + Math.imul(differences[i + k] as number, ODD[k] as number)) | 0;
        second = (second + Math.imul(sums[i + k] as number, EVEN[k] as number)) | 0;
      }
      pcm[2 * (to + i)] = saturated(first >> 11);
      pcm[2 * (to + i) + 1] = saturated(second >> 11);
    }
    this.#differences.set(differences.subarray(count, count + BEFORE));
    this.#sums.set(sums.subarray(count, count + BEFORE));
  }

  /** Stands where the other one does, from here on. Both of one mode. */
  copy(other: G722Decoder): void {
    this.#lower.copy(other.#lower);
    this.#higher.copy(other.#higher);
    this.#differences.set(other.#differences);
    this.#sums.set(other.#sums);
  }

  /** @internal Both bands, for tests of their ranges. */
  get bands(): readonly G722Band[] {
    return [this.#lower, this.#higher];
  }
}

/** INVQAL, LIMIT: the sample of a band, at most half of what 16 bits hold. */
function decodeBand(band: G722Band, step: number, code: number): number {
  const sample = band.expected + (Math.imul(band.scale, step) >> 15);
  band.adapt(code);
  return sample > 16_383 ? 16_383 : sample < -16_384 ? -16_384 : sample;
}
