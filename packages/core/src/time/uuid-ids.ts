import { randomFillSync } from "node:crypto";
import type { Clock, Ids } from "../contracts/time.js";

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
const HEX_DIGIT = "0123456789abcdef";

/**
 * UUIDv7 (RFC 9562 section 5.7): 48 bits of the clock's milliseconds, a 12-bit counter that keeps
 * the order within one millisecond (section 6.2 method 1), 62 random bits.
 */
export class UuidIds implements Ids {
  readonly #clock: Clock;
  readonly #random: (into: Uint8Array) => void;
  #last = 0;
  #counter = 0;
  #stamped = -1;
  #stampText = "";
  readonly #pool = new Uint8Array(8 * 512);
  #used = this.#pool.length;

  /** @param random fills with random octets; tests give a seeded one. */
  constructor(clock: Clock, random: (into: Uint8Array) => void = (into) => void randomFillSync(into)) {
    this.#clock = clock;
    this.#random = random;
  }

  next(): string {
    const now = Math.max(this.#clock.now(), this.#last);
    if (now === this.#last) {
      this.#counter++;
      if (this.#counter > 0xfff) {
        this.#last = now + 1;
        this.#counter = 0;
      }
    } else {
      this.#last = now;
      this.#counter = 0;
    }
    if (this.#used + 8 > this.#pool.length) {
      this.#random(this.#pool);
      this.#used = 0;
    }
    const p = this.#pool;
    const o = this.#used;
    this.#used += 8;
    const count = this.#counter;
    // One expression of table look-ups: this runs some ten times a call.
    return `${this.#stamp()}-7${HEX_DIGIT[count >>> 8]}${HEX[count & 0xff]}-${HEX[((p[o] as number) & 0x3f) | 0x80]}${HEX[p[o + 1] as number]}-${HEX[p[o + 2] as number]}${HEX[p[o + 3] as number]}${HEX[p[o + 4] as number]}${HEX[p[o + 5] as number]}${HEX[p[o + 6] as number]}${HEX[p[o + 7] as number]}`;
  }

  /** The first two groups, kept for as long as the millisecond lasts. */
  #stamp(): string {
    if (this.#stamped !== this.#last) {
      const time = this.#last.toString(16).padStart(12, "0");
      this.#stampText = `${time.slice(0, 8)}-${time.slice(8)}`;
      this.#stamped = this.#last;
    }
    return this.#stampText;
  }
}

/** A seeded source of octets (mulberry32), for tests that must repeat. */
export function seededRandom(seed: number): (into: Uint8Array) => void {
  let state = seed >>> 0;
  return (into) => {
    for (let i = 0; i < into.length; i++) {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      into[i] = (t ^ (t >>> 14)) & 0xff;
    }
  };
}
