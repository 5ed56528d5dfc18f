import type { DtmfDigit, ToneName } from "@hotlinejs/core";
import { ALAW_SILENCE, alawOf } from "../codec/g711.js";
import { levelToAmplitude } from "../codec/level.js";

const RATE = 8000;
/** Frequency of the Chinese call-progress tones (GB/T 3380). */
const CALL_PROGRESS_HZ = 450;
/** GB/T 3380 gives -10 ± 3 dBm0 for tones. */
const TONE_LEVEL = -10;
/** Rise and fall against clicks. */
const RAMP_SAMPLES = 40;

/** On and off of a tone in ms; no `off` means continuous. */
export interface Cadence {
  readonly onMs: number;
  readonly offMs: number;
}

/** Cadences of the 450 Hz family (GB/T 3380; YD/T 1070). `beep` is one burst. */
export const CADENCES: Readonly<Record<ToneName, Cadence>> = {
  dial: { onMs: 1000, offMs: 0 },
  busy: { onMs: 350, offMs: 350 },
  ringback: { onMs: 1000, offMs: 4000 },
  congestion: { onMs: 700, offMs: 700 },
  waiting: { onMs: 400, offMs: 4000 },
  beep: { onMs: 400, offMs: 0 },
};

/** A-law of one or more sines added up, ramped at both ends unless `ramp` is false. */
export function sines(parts: readonly { hz: number; level: number }[], samples: number, ramp = true): Uint8Array {
  const out = new Uint8Array(samples);
  const steps = parts.map(({ hz, level }) => ({ step: (2 * Math.PI * hz) / RATE, amplitude: levelToAmplitude(level) }));
  for (let i = 0; i < samples; i++) {
    let value = 0;
    for (const { step, amplitude } of steps) value += amplitude * Math.sin(step * i);
    if (ramp) value *= Math.min(1, (i + 1) / RAMP_SAMPLES, (samples - i) / RAMP_SAMPLES);
    out[i] = alawOf(Math.max(-32768, Math.min(32767, Math.round(value))));
  }
  return out;
}

const tones = new Map<ToneName, Uint8Array>();

/**
 * One period of a tone as A-law, made once. Looping it gives the cadence for ever; the continuous
 * dial tone is cut at whole cycles, so that the loop has no seam.
 */
export function tonePeriod(tone: ToneName): Uint8Array {
  let period = tones.get(tone);
  if (period === undefined) {
    const { onMs, offMs } = CADENCES[tone];
    const on = sines([{ hz: CALL_PROGRESS_HZ, level: TONE_LEVEL }], onMs * 8, tone !== "dial");
    period = new Uint8Array((onMs + offMs) * 8).fill(ALAW_SILENCE);
    period.set(on);
    tones.set(tone, period);
  }
  return period;
}

/**
 * One second of a sine for looping: whole cycles for whole-number frequencies. Made by the caller
 * once per play-out, never per packet.
 */
export function sineSecond(hz: number, level = -10): Uint8Array {
  return sines([{ hz, level }], RATE, false);
}

/** Low and high frequency of each key (ITU-T Q.23). */
export const DTMF_FREQUENCIES: Readonly<Record<DtmfDigit, readonly [low: number, high: number]>> = {
  "1": [697, 1209],
  "2": [697, 1336],
  "3": [697, 1477],
  A: [697, 1633],
  "4": [770, 1209],
  "5": [770, 1336],
  "6": [770, 1477],
  B: [770, 1633],
  "7": [852, 1209],
  "8": [852, 1336],
  "9": [852, 1477],
  C: [852, 1633],
  "*": [941, 1209],
  "0": [941, 1336],
  "#": [941, 1477],
  D: [941, 1633],
};

const keys = new Map<string, Uint8Array>();

/**
 * A key as sound (ITU-T Q.23/Q.24), A-law. Low group -8, high group -6 dBm0: the high one is sent
 * 2 dB louder, because lines lose more of it.
 */
export function dtmfTone(digit: DtmfDigit, durationMs: number): Uint8Array {
  const name = `${digit}:${durationMs}`;
  let tone = keys.get(name);
  if (tone === undefined) {
    const [low, high] = DTMF_FREQUENCIES[digit];
    tone = sines(
      [
        { hz: low, level: -8 },
        { hz: high, level: -6 },
      ],
      Math.round(durationMs * 8),
    );
    if (keys.size > 256) keys.clear(); // odd durations must not grow it without end
    keys.set(name, tone);
  }
  return tone;
}

const DIGITS = "0123456789*#ABCD";

/** RFC 4733 section 3.2 event code of a key. */
export function eventOfDigit(digit: DtmfDigit): number {
  return DIGITS.indexOf(digit);
}

/** The key of an event code 0-15; undefined for others (flash and the like). */
export function digitOfEvent(event: number): DtmfDigit | undefined {
  return DIGITS[event] as DtmfDigit | undefined;
}

/** Whether the character is one of the sixteen keys; lower-case letters are not. */
export function isDtmfDigit(text: string): text is DtmfDigit {
  return text.length === 1 && DIGITS.includes(text);
}
