import { ALAW_SILENCE, LINEAR_TO_ALAW } from "./g711.js";
import { levelToPower, SILENCE_LEVEL } from "./level.js";

/** Static payload type of comfort noise at 8 kHz (RFC 3389 section 4, RFC 3551 table 4). */
export const COMFORT_NOISE_PAYLOAD_TYPE = 13;
/** A full-scale square wave, 0 dBov, in dBm0: 3 dB above the full-scale sine of A-law (RFC 3389 section 3.1, ITU-T G.711). */
const DBOV = 6.15;
/** Nobody's background is louder than this, dBm0: a peer that tells such a level is not let rustle into people's ears. */
const LOUDEST = -30;

/**
 * Level in dBm0 that a comfort-noise payload tells: its first octet is the level below 0 dBov in dB, 0-127. What shape the
 * spectrum has (the octets after it) is not looked at: white noise of that level is heard.
 */
export function comfortNoiseLevel(payload: Uint8Array, offset: number): number {
  return Math.max(SILENCE_LEVEL, Math.min(LOUDEST, DBOV - ((payload[offset] ?? 127) & 0x7f)));
}

/** White noise of a level that may change. */
export class ComfortNoise {
  #state = 0x2545_f491;
  #amplitude = 0;

  /** dBm0. */
  set level(level: number) {
    // Evenly spread over ±a: power a²/3.
    this.#amplitude = level <= SILENCE_LEVEL ? 0 : Math.sqrt(3 * levelToPower(level));
  }

  fill(out: Uint8Array, offset: number, count: number): void {
    if (this.#amplitude === 0) {
      out.fill(ALAW_SILENCE, offset, offset + count);
      return;
    }
    const scale = this.#amplitude / 0x8000_0000;
    let state = this.#state;
    for (let i = offset; i < offset + count; i++) {
      // Marsaglia's xorshift32: noise for ears, not for keys.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      out[i] = LINEAR_TO_ALAW[(Math.round(state * scale) + 32768) >> 4] as number;
    }
    this.#state = state;
  }
}
