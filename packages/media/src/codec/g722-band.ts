/*
 * One sub-band of ITU-T G.722 (11/88): adaptive quantiser and adaptive predictor, which encoder and decoder run alike. Names in
 * capitals are the blocks of section 6.2 of the Recommendation, whose arithmetic of 16 bits is kept, so that all implementations agree
 * bit by bit.
 */

/** What differs between the two bands. */
interface BandRules {
  /** Quantised difference by code, of the bits that adapt (4 of the lower band, 2 of the higher). */
  readonly steps: Int16Array;
  /** What a code adds to the logarithm of the scale factor. */
  readonly growth: Int16Array;
  readonly largest: number;
  /** Power of two at which the logarithm 0 stands. */
  readonly shift: number;
  readonly firstScale: number;
}

/** Inverse quantiser of 4 bits (QM4): all that the lower band's predictor may know, since the last two bits may be taken for data. */
const STEPS_4 = mirrored([0, 1200, 2584, 4240, 6288, 8968, 12896, 20456]);
/** W of the lower band by code of 4 bits. */
const GROWTH_4 = Int16Array.of(-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60);

export const LOWER: BandRules = { steps: STEPS_4, growth: GROWTH_4, largest: 18_432, shift: 8, firstScale: 32 };
export const HIGHER: BandRules = { steps: Int16Array.of(-7408, -1616, 7408, 1616), growth: Int16Array.of(798, -214, 798, -214), largest: 22_528, shift: 10, firstScale: 8 };

/** 4-bit codes: 0 and 15 are the small ones, 1-7 negative and 8-14 positive with falling magnitude. */
function mirrored(magnitudes: readonly number[]): Int16Array {
  const [zero = 0, ...rising] = magnitudes;
  const falling = rising.reverse();
  return Int16Array.of(zero, ...falling.map((each) => -each), ...falling, zero);
}

/** ILB: 2048 times the powers of 2 to the 32nds. */
const POWERS = Int16Array.from({ length: 32 }, (_, i) => Math.round(2048 * 2 ** (i / 32)));

/** SAT: what 16 bits hold. */
export function saturated(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

export class G722Band {
  /** Scale factor of the quantiser (DET). */
  scale: number;
  /** What the next sample is expected to be (S). */
  expected = 0;
  readonly #rules: BandRules;
  /** Logarithm of the scale factor (NB). */
  #log = 0;
  /** Part of the expectation that comes of the zeros (SZ). */
  #zeros = 0;
  /** Coefficients of the poles. */
  #a1 = 0;
  #a2 = 0;
  /** Signals before: partly reconstructed (P), reconstructed (R). */
  #p1 = 0;
  #p2 = 0;
  #r1 = 0;
  /** Coefficients of the zeros, and the differences they weigh. */
  #b1 = 0;
  #b2 = 0;
  #b3 = 0;
  #b4 = 0;
  #b5 = 0;
  #b6 = 0;
  #d1 = 0;
  #d2 = 0;
  #d3 = 0;
  #d4 = 0;
  #d5 = 0;
  #d6 = 0;

  constructor(rules: BandRules) {
    this.#rules = rules;
    this.scale = rules.firstScale;
  }

  /** A code was sent, or came: the scale factor and the expectation follow it. @param code of the bits that adapt */
  adapt(code: number): void {
    const { steps, growth, largest, shift } = this.#rules;
    const d = Math.imul(this.scale, steps[code] as number) >> 15;
    // LOGSC, SCALE
    const grown = (Math.imul(this.#log, 127) >> 7) + (growth[code] as number);
    const log = grown < 0 ? 0 : grown > largest ? largest : grown;
    const power = POWERS[(log >> 6) & 31] as number;
    const right = shift - (log >> 11);
    this.#log = log;
    this.scale = (right < 0 ? power << -right : power >> right) << 2;
    this.#predict(d);
  }

  #predict(d: number): void {
    const r = saturated(this.expected + d);
    const p = saturated(this.#zeros + d);
    const sameAsLast = (p ^ this.#p1) >= 0;
    // UPPOL2
    const steep = saturated(this.#a1 << 2);
    const turned = sameAsLast ? (steep === -32_768 ? 32_767 : -steep) : steep;
    let a2 = ((p ^ this.#p2) >= 0 ? 128 : -128) + (turned >> 7) + (Math.imul(this.#a2, 32_512) >> 15);
    a2 = a2 > 12_288 ? 12_288 : a2 < -12_288 ? -12_288 : a2;
    // UPPOL1
    const most = 15_360 - a2;
    let a1 = (sameAsLast ? 192 : -192) + (Math.imul(this.#a1, 32_640) >> 15);
    a1 = a1 > most ? most : a1 < -most ? -most : a1;
    this.#p2 = this.#p1;
    this.#p1 = p;
    this.#updateZeros(d);
    // FILTEP
    const poles = saturated((Math.imul(a1, saturated(r << 1)) >> 15) + (Math.imul(a2, saturated(this.#r1 << 1)) >> 15));
    this.#a1 = a1;
    this.#a2 = a2;
    this.#r1 = r;
    this.expected = saturated(poles + this.#zeros);
  }

  /** UPZERO, FILTEZ. The coefficients need no limit: what they lose grows with them, and 16 bits are what is left at the most. */
  #updateZeros(d: number): void {
    const step = d === 0 ? 0 : 128;
    const b1 = (Math.imul(this.#b1, 32_640) >> 15) + ((d ^ this.#d1) >= 0 ? step : -step);
    const b2 = (Math.imul(this.#b2, 32_640) >> 15) + ((d ^ this.#d2) >= 0 ? step : -step);
    const b3 = (Math.imul(this.#b3, 32_640) >> 15) + ((d ^ this.#d3) >= 0 ? step : -step);
    const b4 = (Math.imul(this.#b4, 32_640) >> 15) + ((d ^ this.#d4) >= 0 ? step : -step);
    const b5 = (Math.imul(this.#b5, 32_640) >> 15) + ((d ^ this.#d5) >= 0 ? step : -step);
    const b6 = (Math.imul(this.#b6, 32_640) >> 15) + ((d ^ this.#d6) >= 0 ? step : -step);
    const d6 = this.#d5;
    const d5 = this.#d4;
    const d4 = this.#d3;
    const d3 = this.#d2;
    const d2 = this.#d1;
    this.#zeros = saturated(
      (Math.imul(b1, d) >> 14) + (Math.imul(b2, d2) >> 14) + (Math.imul(b3, d3) >> 14) + (Math.imul(b4, d4) >> 14) + (Math.imul(b5, d5) >> 14) + (Math.imul(b6, d6) >> 14),
    );
    this.#b1 = b1;
    this.#b2 = b2;
    this.#b3 = b3;
    this.#b4 = b4;
    this.#b5 = b5;
    this.#b6 = b6;
    this.#d1 = d;
    this.#d2 = d2;
    this.#d3 = d3;
    this.#d4 = d4;
    this.#d5 = d5;
    this.#d6 = d6;
  }

  /** Stands where the other one does from here on. */
  copy(other: G722Band): void {
    this.scale = other.scale;
    this.expected = other.expected;
    this.#log = other.#log;
    this.#zeros = other.#zeros;
    this.#a1 = other.#a1;
    this.#a2 = other.#a2;
    this.#p1 = other.#p1;
    this.#p2 = other.#p2;
    this.#r1 = other.#r1;
    this.#b1 = other.#b1;
    this.#b2 = other.#b2;
    this.#b3 = other.#b3;
    this.#b4 = other.#b4;
    this.#b5 = other.#b5;
    this.#b6 = other.#b6;
    this.#d1 = other.#d1;
    this.#d2 = other.#d2;
    this.#d3 = other.#d3;
    this.#d4 = other.#d4;
    this.#d5 = other.#d5;
    this.#d6 = other.#d6;
  }

  /** For tests of its ranges. */
  get state(): { readonly log: number; readonly poles: readonly [number, number]; readonly others: readonly number[] } {
    const others = [this.expected, this.#zeros, this.#p1, this.#p2, this.#r1, this.#b1, this.#b2, this.#b3, this.#b4, this.#b5, this.#b6, this.#d1, this.#d2, this.#d3, this.#d4, this.#d5, this.#d6];
    return { log: this.#log, poles: [this.#a1, this.#a2], others };
  }
}
