import type { DtmfDigit } from "@hotlinejs/core";
import { ALAW_TO_LINEAR } from "../codec/g711.js";
import { levelToPower } from "../codec/level.js";
import type { KeyListener } from "../rtp/telephone-event-receiver.js";

/** Samples between two looks (6.4 ms). A window has two of these halves. */
const HALF = 51;
const WINDOW = 2 * HALF;
const RATE = 8000;
const FREQUENCIES = [697, 770, 852, 941, 1209, 1336, 1477, 1633] as const;
const KEYS = ["123A", "456B", "789C", "*0#D"] as const;
const COS = FREQUENCIES.map((hz) => Math.cos((2 * Math.PI * hz) / RATE));
const SIN = FREQUENCIES.map((hz) => Math.sin((2 * Math.PI * hz) / RATE));
/** Turn of each frequency's phase over half a window. */
const TURN = FREQUENCIES.map((hz) => (2 * Math.PI * hz * HALF) / RATE);
const TURN_COS = TURN.map(Math.cos);
const TURN_SIN = TURN.map(Math.sin);

/** Weaker tones than -31 dBm0 per frequency are no keys. */
const LEAST_POWER = levelToPower(-31);
/** The high group may be up to 6 dB louder than the low one. */
const FORWARD_TWIST = 10 ** 0.6;
/** The low group may be up to 9 dB louder (long lines; Q.24 allows 8). */
const REVERSE_TWIST = 10 ** 0.9;
/** The strongest of a group must stand 8 dB above the others of it. */
const PEAK = 10 ** 0.8;
/** Share of the window's energy that must lie in the two tones. Speech spreads wider. */
const PURITY = 0.85;
/** Tones off by 1.5 % are keys, by 3.5 % are not (Q.24); the limit lies between. */
const TOLERANCE = 0.023;
/** Looks that must agree: at least 32 ms, so every key of 40 ms is found and none of 20 ms. */
const HITS = 4;
/** Looks without the key that end it: a pause of 40 ms has seven, a dropout of 10 ms four at the most. */
const MISSES = 5;

/**
 * Finds keys in the sound (ITU-T Q.23, Q.24). Against talk-off it asks for two tones of matching
 * level that hold nearly all the energy, without rivals in their groups, and measures their real
 * frequencies by the turn of their phases: a voice hits the exact frequencies only in passing.
 */
export class DtmfDetector {
  readonly #listener: KeyListener;
  readonly #half = new Float64Array(HALF);
  /** Goertzel results of the half before, and of the window before: real and imaginary parts. */
  readonly #halfReal = new Float64Array(8);
  readonly #halfImaginary = new Float64Array(8);
  readonly #real = new Float64Array(8);
  readonly #imaginary = new Float64Array(8);
  readonly #power = new Float64Array(8);
  readonly #lastReal = new Float64Array(8);
  readonly #lastImaginary = new Float64Array(8);
  #filled = 0;
  #energy = 0;
  #energyBefore = 0;
  #candidate: DtmfDigit | undefined;
  #hits = 0;
  #down: DtmfDigit | undefined;
  #looks = 0;
  #misses = 0;

  constructor(listener: KeyListener) {
    this.#listener = listener;
  }

  /** A key is down. */
  get active(): boolean {
    return this.#down !== undefined;
  }

  /** Takes received sound as A-law, in order (`table` maps µ-law first). */
  feed(alaw: Uint8Array, offset: number, length: number, table?: Uint8Array): void {
    const half = this.#half;
    let filled = this.#filled;
    let energy = this.#energy;
    for (let i = offset; i < offset + length; i++) {
      const octet = alaw[i] as number;
      const sample = ALAW_TO_LINEAR[table === undefined ? octet : (table[octet] as number)] as number;
      half[filled++] = sample;
      energy += sample * sample;
      if (filled === HALF) {
        this.#look(energy);
        filled = 0;
        energy = 0;
      }
    }
    this.#filled = filled;
    this.#energy = energy;
  }

  /** Ends a key that is down, for example at a gap in the sound. */
  flush(): void {
    if (this.#down !== undefined) this.#end();
    this.#candidate = undefined;
    this.#hits = 0;
    this.#filled = 0;
    this.#energy = 0;
    this.#energyBefore = 0;
  }

  /** @param energy of the half that is full now. */
  #look(energy: number): void {
    let digit: DtmfDigit | undefined;
    if (energy / HALF >= LEAST_POWER) digit = this.#find((this.#energyBefore + energy) / WINDOW);
    else {
      // Most looks of a quiet line end here, without a transform.
      this.#halfReal.fill(0);
      this.#halfImaginary.fill(0);
    }
    this.#energyBefore = energy;
    this.#judge(digit);
  }

  #judge(digit: DtmfDigit | undefined): void {
    this.#hits = digit !== undefined && digit === this.#candidate ? this.#hits + 1 : digit === undefined ? 0 : 1;
    this.#candidate = digit;
    if (this.#down !== undefined) {
      this.#misses++;
      if (digit === this.#down) {
        this.#looks += this.#misses;
        this.#misses = 0;
      } else if (this.#misses >= MISSES || this.#hits >= HITS) this.#end();
    }
    if (this.#down === undefined && digit !== undefined && this.#hits >= HITS) {
      this.#down = digit;
      this.#looks = HITS;
      this.#misses = 0;
      this.#listener.down(digit);
    }
  }

  #end(): void {
    const digit = this.#down as DtmfDigit;
    this.#down = undefined;
    this.#misses = 0;
    this.#listener.up(digit, Math.round(((this.#looks + 1) * HALF * 1000) / RATE));
  }

  #find(power: number): DtmfDigit | undefined {
    this.#transform();
    const row = this.#strongest(0);
    const column = this.#strongest(4);
    if (row < 0 || column < 0 || power < LEAST_POWER * 2) return undefined;
    const lowError = this.#error(row);
    const highError = this.#error(column);
    if (Math.abs(lowError) > TOLERANCE * (FREQUENCIES[row] as number) || Math.abs(highError) > TOLERANCE * (FREQUENCIES[column] as number)) return undefined;
    const low = corrected(this.#power[row] as number, lowError);
    const high = corrected(this.#power[column] as number, highError);
    if (low < LEAST_POWER || high < LEAST_POWER) return undefined;
    if (high > low * FORWARD_TWIST || low > high * REVERSE_TWIST) return undefined;
    if (low + high < PURITY * power) return undefined;
    return (KEYS[row] as string)[column - 4] as DtmfDigit;
  }

  /**
   * Goertzel over the new half, joined with the half before to the window (its result turned on by
   * half a window).
   */
  #transform(): void {
    const half = this.#half;
    for (let f = 0; f < 8; f++) {
      const cos = COS[f] as number;
      const factor = 2 * cos;
      let s1 = 0;
      let s2 = 0;
      for (let i = 0; i < HALF; i++) {
        const s0 = (half[i] as number) + factor * s1 - s2;
        s2 = s1;
        s1 = s0;
      }
      const newReal = s1 - cos * s2;
      const newImaginary = (SIN[f] as number) * s2;
      const turnCos = TURN_COS[f] as number;
      const turnSin = TURN_SIN[f] as number;
      const beforeReal = this.#halfReal[f] as number;
      const beforeImaginary = this.#halfImaginary[f] as number;
      const real = beforeReal * turnCos - beforeImaginary * turnSin + newReal;
      const imaginary = beforeReal * turnSin + beforeImaginary * turnCos + newImaginary;
      this.#lastReal[f] = this.#real[f] as number;
      this.#lastImaginary[f] = this.#imaginary[f] as number;
      this.#power[f] = (2 * (real * real + imaginary * imaginary)) / (WINDOW * WINDOW);
      this.#halfReal[f] = newReal;
      this.#halfImaginary[f] = newImaginary;
      this.#real[f] = real;
      this.#imaginary[f] = imaginary;
    }
  }

  /** Index of the frequency that stands out of the group beginning at `first`, -1 when none does. */
  #strongest(first: number): number {
    let best = first;
    for (let i = first; i < first + 4; i++) if ((this.#power[i] as number) > (this.#power[best] as number)) best = i;
    for (let i = first; i < first + 4; i++) if (i !== best && (this.#power[i] as number) * PEAK > (this.#power[best] as number)) return -1;
    return best;
  }

  /** How far off the tone at this frequency is, in Hz: by the turn of its phase since the last look. */
  #error(f: number): number {
    const real = this.#real[f] as number;
    const imaginary = this.#imaginary[f] as number;
    const lastReal = this.#lastReal[f] as number;
    const lastImaginary = this.#lastImaginary[f] as number;
    const turned = Math.atan2(imaginary * lastReal - real * lastImaginary, real * lastReal + imaginary * lastImaginary) - (TURN[f] as number);
    return ((turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI))) * RATE) / (2 * Math.PI * HALF);
  }
}

/** Power of a tone with what its frequency error took from it given back. */
function corrected(power: number, error: number): number {
  const x = (Math.PI * error * WINDOW) / RATE;
  const loss = Math.abs(x) < 1e-6 ? 1 : (Math.sin(x) / x) ** 2;
  return power / loss;
}
