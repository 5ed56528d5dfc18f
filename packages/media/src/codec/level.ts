import { ALAW_TO_LINEAR } from "./g711.js";

/** What digital silence measures, in dBm0. */
export const SILENCE_LEVEL = -90;

/**
 * Mean square of a 0 dBm0 sine. A full-scale A-law sine (peak 32768 on the 16-bit scale) is
 * +3.14 dBm0 (ITU-T G.711 section 4, table 5).
 */
const ZERO_DBM0_POWER = (32768 * 32768) / 2 / 10 ** (3.14 / 10);

/** Square of the sample of each A-law octet. */
const ALAW_POWER = Float64Array.from(ALAW_TO_LINEAR, (sample) => sample * sample);

/** Level in dBm0 of a mean square on the 16-bit scale; -90 at the least. */
export function powerToLevel(meanSquare: number): number {
  if (meanSquare <= 64) return SILENCE_LEVEL; // A-law silence itself is ±8
  return Math.max(SILENCE_LEVEL, 10 * Math.log10(meanSquare / ZERO_DBM0_POWER));
}

/** Mean square on the 16-bit scale of a level in dBm0. */
export function levelToPower(level: number): number {
  return ZERO_DBM0_POWER * 10 ** (level / 10);
}

/** Peak amplitude on the 16-bit scale of a sine of this level in dBm0. */
export function levelToAmplitude(level: number): number {
  return Math.min(32767, Math.sqrt(2 * levelToPower(level)));
}

/** Mean square of a stretch of A-law. */
export function alawPower(alaw: Uint8Array, offset: number, length: number): number {
  let sum = 0;
  for (let i = offset; i < offset + length; i++) sum += ALAW_POWER[alaw[i] as number] as number;
  return length === 0 ? 0 : sum / length;
}

/** Level in dBm0 of a stretch of A-law. */
export function alawLevel(alaw: Uint8Array, offset = 0, length = alaw.length - offset): number {
  return powerToLevel(alawPower(alaw, offset, length));
}
