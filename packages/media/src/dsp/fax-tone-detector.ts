import { ALAW_TO_LINEAR } from "../codec/g711.js";
import { levelToPower } from "../codec/level.js";
import { coefficient, goertzelWith } from "./goertzel.js";

/** 10 ms: wide enough for the ± 38 Hz that ITU-T T.30 section 4.1 allows the calling tone. */
const BLOCK = 80;
const CNG = coefficient(1100);
const CED = coefficient(2100);
const LEAST_POWER = levelToPower(-43);
const PURITY = 0.5;
/** CNG lasts 0.5 s, CED 2.6 s and more; 0.4 s of either is no speech and no music. */
const NEEDED = 40;

/** Hears the calling tone (CNG, 1100 Hz) and the answering tone (CED / ANS, 2100 Hz) of fax machines (ITU-T T.30). */
export class FaxToneDetector {
  readonly #found: (tone: "cng" | "ced") => void;
  readonly #octets = new Uint8Array(BLOCK);
  readonly #samples = new Float64Array(BLOCK);
  #filled = 0;
  #sign = 0;
  #tone: "cng" | "ced" | undefined;
  #hits = 0;
  #misses = 0;

  /** @param found called once per tone heard, after 0.4 s of it. */
  constructor(found: (tone: "cng" | "ced") => void) {
    this.#found = found;
  }

  /** Nothing like a tone was in what came last: leaving out the next 20 ms would still find one. */
  get calm(): boolean {
    return this.#tone === undefined && this.#filled === 0;
  }

  /** Takes received sound as A-law, in order (`table` maps µ-law first). */
  feed(alaw: Uint8Array, offset: number, length: number, table?: Uint8Array): void {
    const end = offset + length;
    let at = offset;
    while (at < end) {
      if (this.#filled === 0 && end - at >= BLOCK) {
        // A whole block within the packet, the usual case, is not copied.
        this.#block(alaw, at, table);
        at += BLOCK;
        continue;
      }
      this.#octets[this.#filled++] = alaw[at++] as number;
      if (this.#filled === BLOCK) {
        this.#filled = 0;
        this.#block(this.#octets, 0, table);
      }
    }
  }

  /**
   * Both laws keep the sign in the top bit: counting its changes tells most sound apart from a tone
   * at hardly any cost. This loop sees every sample, hence the locals.
   */
  #block(octets: Uint8Array, from: number, table: Uint8Array | undefined): void {
    let sign = this.#sign;
    let crossings = 0;
    for (let i = from; i < from + BLOCK; i++) {
      const octet = octets[i] as number;
      crossings += (octet ^ sign) >> 7;
      sign = octet & 0x80;
    }
    this.#sign = sign;
    this.#judge(nearTone(crossings) ? this.#find(octets, from, table) : undefined);
  }

  #judge(tone: "cng" | "ced" | undefined): void {
    if (tone !== undefined && tone === this.#tone) {
      this.#misses = 0;
      if (++this.#hits === NEEDED) this.#found(tone);
    } else if (this.#tone !== undefined && tone === undefined && this.#misses < 2) {
      this.#misses++; // a phase reversal of ANSam or a lost packet
    } else {
      this.#tone = tone;
      this.#hits = tone === undefined ? 0 : 1;
      this.#misses = 0;
    }
  }

  #find(octets: Uint8Array, from: number, table: Uint8Array | undefined): "cng" | "ced" | undefined {
    let energy = 0;
    for (let i = 0; i < BLOCK; i++) {
      const octet = octets[from + i] as number;
      const sample = ALAW_TO_LINEAR[table === undefined ? octet : (table[octet] as number)] as number;
      this.#samples[i] = sample;
      energy += sample * sample;
    }
    const power = energy / BLOCK;
    if (power < LEAST_POWER) return undefined;
    if (goertzelWith(this.#samples, 0, BLOCK, CNG) > PURITY * power) return "cng";
    if (goertzelWith(this.#samples, 0, BLOCK, CED) > PURITY * power) return "ced";
    return undefined;
  }
}

/** Zero crossings of a block that a tone of 1100 or 2100 Hz (22 or 42), with some noise on it, can have. */
function nearTone(crossings: number): boolean {
  return (crossings >= 18 && crossings <= 27) || (crossings >= 37 && crossings <= 47);
}
