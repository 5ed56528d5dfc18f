/*
 * Between 8 kHz and 16 kHz on the way of a call: sound of 16 kHz goes through a low-pass before every second sample is left out, and
 * through the same one after samples were put between. Half-band filter of 63 taps: level to 0.05 dB up to 3.4 kHz, down by more than
 * 65 dB from 4.6 kHz on, so that nothing folds into the telephone band. Every second of its coefficients is 0, and its middle 1/2.
 */

/** Coefficients on either side, those that are 0 left out. */
const SIDE = 16;
/** Samples before the one in the middle, at 16 kHz. */
const REACH = 2 * SIDE - 1;
/** Samples at 8 kHz handled at a time: 20 ms. */
const BLOCK = 160;
/** Shape of the Kaiser window. */
const BETA = 5.65;

/** Of 32768, for the distances 1, 3, 5 ... from the middle. */
const SIDES = sides();

function sides(): Int16Array {
  const ideal = Array.from({ length: SIDE }, (_, i) => {
    const distance = 2 * i + 1;
    const window = bessel(BETA * Math.sqrt(1 - (distance / (REACH + 1)) ** 2)) / bessel(BETA);
    return ((i % 2 === 0 ? 1 : -1) / (Math.PI * distance)) * window;
  });
  const sum = ideal.reduce((total, each) => total + each, 0);
  // Both sides together are the other half, so that the level stays.
  return Int16Array.from(ideal, (each) => Math.round((each / sum) * 8192));
}

/** The modified Bessel function of order 0. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 30; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function limited(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

/** A block behind what was before it. One for all: a block is finished before the next begins. */
const even = new Int32Array(2 * SIDE + BLOCK);
const odd = new Int32Array(2 * SIDE + BLOCK);

/** 16 kHz to 8 kHz. One stream; nothing is allocated on the way. */
export class HalfBandDecimator {
  readonly #even = new Int32Array(2 * SIDE);
  readonly #odd = new Int32Array(2 * SIDE);

  /** Writes `count` samples, made of twice as many. */
  process(wide: Int16Array, narrow: Int16Array, count: number): void {
    for (let at = 0; at < count; at += BLOCK) this.#block(wide, narrow, at, Math.min(BLOCK, count - at));
  }

  #block(wide: Int16Array, narrow: Int16Array, at: number, count: number): void {
    even.set(this.#even);
    odd.set(this.#odd);
    for (let i = 0; i < count; i++) {
      even[2 * SIDE + i] = wide[2 * (at + i)] as number;
      odd[2 * SIDE + i] = wide[2 * (at + i) + 1] as number;
    }
    for (let i = 1; i <= count; i++) {
      // Every second sample is in the middle in turn; those between are at odd distances.
      let sum = (Math.imul(even[i + SIDE] as number, 16_384) + 16_384) | 0;
      for (let k = 0; k < SIDE; k++) sum = (sum + Math.imul((odd[i + SIDE + k] as number) + (odd[i + SIDE - 1 - k] as number), SIDES[k] as number)) | 0;
      narrow[at + i - 1] = limited(sum >> 15);
    }
    this.#even.set(even.subarray(count, count + 2 * SIDE));
    this.#odd.set(odd.subarray(count, count + 2 * SIDE));
  }

  /** Stands where the other one does from here on. */
  copy(other: HalfBandDecimator): void {
    this.#even.set(other.#even);
    this.#odd.set(other.#odd);
  }
}

/** 8 kHz to 16 kHz. One stream; nothing is allocated on the way. */
export class HalfBandInterpolator {
  readonly #before = new Int32Array(2 * SIDE);

  /** Writes twice `count` samples. */
  process(narrow: Int16Array, wide: Int16Array, count: number): void {
    for (let at = 0; at < count; at += BLOCK) this.#block(narrow, wide, at, Math.min(BLOCK, count - at));
  }

  #block(narrow: Int16Array, wide: Int16Array, at: number, count: number): void {
    even.set(this.#before);
    for (let i = 0; i < count; i++) even[2 * SIDE + i] = narrow[at + i] as number;
    for (let i = 1; i <= count; i++) {
      wide[2 * (at + i - 1)] = even[i + SIDE - 1] as number;
      let sum = 8192;
      for (let k = 0; k < SIDE; k++) sum = (sum + Math.imul((even[i + SIDE + k] as number) + (even[i + SIDE - 1 - k] as number), SIDES[k] as number)) | 0;
      wide[2 * (at + i) - 1] = limited(sum >> 14);
    }
    this.#before.set(even.subarray(count, count + 2 * SIDE));
  }
}
