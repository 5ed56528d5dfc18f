import type { DtmfDigit } from "@hotlinejs/core";
import { ALAW_TO_LINEAR } from "../codec/g711.js";
import { levelToPower } from "../codec/level.js";
import type { KeyListener } from "../rtp/telephone-event-receiver.js";
import { coefficient, goertzelWith } from "./goertzel.js";

/** 12.75 ms: every tone and every pause of 40 ms holds two whole blocks (ITU-T Q.24 annex A). */
const BLOCK = 102;
const LOW = [697, 770, 852, 941];
const HIGH = [1209, 1336, 1477, 1633];
const KEYS: readonly (readonly DtmfDigit[])[] = [
  ["1", "2", "3", "A"],
  ["4", "5", "6", "B"],
  ["7", "8", "9", "C"],
  ["*", "0", "#", "D"],
];
const LOW_FACTORS = LOW.map((hz) => coefficient(hz));
const HIGH_FACTORS = HIGH.map((hz) => coefficient(hz));
const LOW_SECOND = LOW.map((hz) => coefficient(2 * hz));
const HIGH_SECOND = HIGH.map((hz) => coefficient(2 * hz));
/** Weaker tones than -31 dBm0 per frequency are no keys. */
const LEAST_POWER = levelToPower(-31);
/** The high group may be up to 6 dB louder than the low one. */
const FORWARD_TWIST = 10 ** 0.6;
/** The low group may be up to 9 dB louder (long lines; Q.24 allows 8). */
const REVERSE_TWIST = 10 ** 0.9;
/** The strongest of a group must stand 8 dB above the others of it. */
const PEAK = 10 ** 0.8;
/** Share of the block's energy that must lie in the two tones; speech spreads wider. */
const PURITY = 0.66;
/** A second harmonic this close to its tone betrays a voice. */
const HARMONIC = 10 ** -1.2;
/** Twice a low frequency may fall beside a high one (2 x 697 beside 1336); there the test would hear the key itself. */
const HARMONIC_CLEARANCE_HZ = 150;

/**
 * Finds keys in the sound (ITU-T Q.23, Q.24): two blocks that agree make a key, two without it end
 * it. Against talk-off it asks for two tones of matching level that hold most of the energy, have
 * rivals neither in their group nor at twice their frequency.
 */
export class DtmfDetector {
  readonly #listener: KeyListener;
  readonly #block = new Float64Array(BLOCK);
  readonly #low = new Float64Array(4);
  readonly #high = new Float64Array(4);
  #filled = 0;
  #energy = 0;
  #candidate: DtmfDigit | undefined;
  #down: DtmfDigit | undefined;
  #blocks = 0;
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
    const block = this.#block;
    for (let i = offset; i < offset + length; i++) {
      const octet = alaw[i] as number;
      const sample = ALAW_TO_LINEAR[table === undefined ? octet : (table[octet] as number)] as number;
      block[this.#filled] = sample;
      this.#energy += sample * sample;
      if (++this.#filled === BLOCK) {
        this.#judge(this.#find());
        this.#filled = 0;
        this.#energy = 0;
      }
    }
  }

  /** Ends a key that is down, for example at a gap in the sound. */
  flush(): void {
    if (this.#down !== undefined) this.#end();
    this.#candidate = undefined;
    this.#filled = 0;
    this.#energy = 0;
  }

  #judge(digit: DtmfDigit | undefined): void {
    if (this.#down !== undefined) {
      if (digit === this.#down) {
        this.#blocks += this.#misses + 1;
        this.#misses = 0;
      } else if (++this.#misses >= 2) {
        this.#end();
        // Another key without a pause: the first block of it was one of the misses.
      }
    } else if (digit !== undefined && digit === this.#candidate) {
      this.#down = digit;
      this.#blocks = 2;
      this.#misses = 0;
      this.#listener.down(digit);
    }
    this.#candidate = digit;
  }

  #end(): void {
    const digit = this.#down as DtmfDigit;
    this.#down = undefined;
    this.#misses = 0;
    this.#listener.up(digit, Math.round((this.#blocks * BLOCK) / 8));
  }

  #find(): DtmfDigit | undefined {
    const power = this.#energy / BLOCK;
    if (power < LEAST_POWER * 2) return undefined; // most blocks of a call end here
    const row = strongest(this.#block, LOW_FACTORS, this.#low);
    const column = strongest(this.#block, HIGH_FACTORS, this.#high);
    if (row < 0 || column < 0) return undefined;
    const low = this.#low[row] as number;
    const high = this.#high[column] as number;
    if (low < LEAST_POWER || high < LEAST_POWER) return undefined;
    if (high > low * FORWARD_TWIST || low > high * REVERSE_TWIST) return undefined;
    if (low + high < PURITY * power) return undefined;
    const clear = Math.abs(2 * (LOW[row] as number) - (HIGH[column] as number)) > HARMONIC_CLEARANCE_HZ;
    if (clear && goertzelWith(this.#block, 0, BLOCK, LOW_SECOND[row] as number) > low * HARMONIC) return undefined;
    if (goertzelWith(this.#block, 0, BLOCK, HIGH_SECOND[column] as number) > high * HARMONIC) return undefined;
    return (KEYS[row] as readonly DtmfDigit[])[column];
  }
}

/** Index of the frequency that stands out of its group, -1 when none does. */
function strongest(block: Float64Array, factors: readonly number[], into: Float64Array): number {
  let best = 0;
  for (let i = 0; i < 4; i++) {
    into[i] = goertzelWith(block, 0, BLOCK, factors[i] as number);
    if ((into[i] as number) > (into[best] as number)) best = i;
  }
  for (let i = 0; i < 4; i++) if (i !== best && (into[i] as number) * PEAK > (into[best] as number)) return -1;
  return best;
}
