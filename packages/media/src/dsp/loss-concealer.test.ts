import { describe, expect, test } from "vitest";
import { sines } from "../audio/tones.js";
import { ALAW_SILENCE, ALAW_TO_LINEAR, decodeAlaw, encodeAlaw } from "../codec/g711.js";
import { alawLevel } from "../codec/level.js";
import { goertzel } from "./goertzel.js";
import { CONCEALER_HISTORY, LossConcealer } from "./loss-concealer.js";

/** Plays sound of which stretches are lost. */
function played(sound: Uint8Array, gaps: readonly (readonly [number, number])[], frame = 160): { out: Uint8Array; concealer: LossConcealer } {
  const concealer = new LossConcealer();
  const out = Uint8Array.from(sound);
  for (let at = 0; at < sound.length; at += frame) {
    const count = Math.min(frame, sound.length - at);
    if (gaps.some(([from, to]) => at >= from && at < to)) concealer.conceal(before(out, at), out, at, count);
    else concealer.resume(out, at, count);
  }
  return { out, concealer };
}

function before(out: Uint8Array, at: number): Uint8Array {
  const history = new Uint8Array(CONCEALER_HISTORY).fill(ALAW_SILENCE);
  const known = out.subarray(Math.max(0, at - CONCEALER_HISTORY), at);
  history.set(known, CONCEALER_HISTORY - known.length);
  return history;
}

/** Speech-like: pulses of a voice of this pitch through a resonance. */
function voice(hz: number, samples: number): Uint8Array {
  const pcm = new Int16Array(samples);
  let y1 = 0;
  let y2 = 0;
  let phase = 0;
  for (let i = 0; i < samples; i++) {
    phase += hz / 8000;
    const pulse = phase >= 1 ? 6000 : 0;
    if (phase >= 1) phase -= 1;
    const y = pulse + 1.6 * Math.cos((2 * Math.PI * 700) / 8000) * 0.95 * y1 - 0.85 * y2;
    y2 = y1;
    y1 = y;
    pcm[i] = Math.max(-32000, Math.min(32000, Math.round(y)));
  }
  return encodeAlaw(pcm);
}

/** Error of `b` against `a` in dB below the sound. */
function likenessDb(a: Uint8Array, b: Uint8Array, from: number, to: number): number {
  let sound = 0;
  let error = 0;
  for (let i = from; i < to; i++) {
    const x = ALAW_TO_LINEAR[a[i] as number] as number;
    sound += x * x;
    error += (x - (ALAW_TO_LINEAR[b[i] as number] as number)) ** 2;
  }
  return 10 * Math.log10(sound / Math.max(1, error));
}

describe("LossConcealer", () => {
  test("sound without gaps is left as it is", () => {
    const sound = voice(120, 3200);
    const { out, concealer } = played(sound, []);
    expect(out).toEqual(sound);
    expect(concealer.concealed).toBe(0);
  });

  test("a lost frame of a steady voice is hardly to be told from the real one", () => {
    for (const hz of [80, 100, 160, 200]) { // periods of whole samples: a sample beside it is not to be heard, but counts here
      const sound = voice(hz, 3200);
      const { out } = played(sound, [[1600, 1760]]);
      expect(likenessDb(sound, out, 1600, 1680)).toBeGreaterThan(8); // a hole has 0
      expect(out.subarray(1760 + 80)).toEqual(sound.subarray(1760 + 80));
    }
  });

  test("a tone stays that tone, at its level for 10 ms and silent after 60 ms", () => {
    const sound = sines([{ hz: 500, level: -10 }], 4000, false);
    const { out, concealer } = played(sound, [[1600, 2720]], 80);
    const pcm = decodeAlaw(out);
    const energy = pcm.slice(1600, 1680).reduce((sum, value) => sum + value * value, 0) / 80;
    expect(goertzel(pcm, 1600, 80, 500) / energy).toBeGreaterThan(0.9);
    const levels = [0, 80, 160, 240, 320, 400].map((at) => alawLevel(out, 1600 + at, 80));
    expect(levels[0]).toBeGreaterThan(-11);
    for (let i = 1; i < levels.length; i++) expect(levels[i]).toBeLessThan(levels[i - 1]!);
    expect(out.subarray(1600 + 480, 2720).every((octet) => octet === ALAW_SILENCE)).toBe(true);
    expect(concealer.concealed).toBe(480);
    // What comes back after a silence is not touched: it may be the beginning of a word.
    expect(out.subarray(2720)).toEqual(sound.subarray(2720));
  });

  test("no clicks: neither where the sound breaks off nor where it comes back", () => {
    const sound = sines([{ hz: 210, level: -10 }], 3200, false);
    const steepest = (octets: Uint8Array): number => decodeAlaw(octets).reduce((most, value, i, all) => (i === 0 ? 0 : Math.max(most, Math.abs(value - (all[i - 1] as number)))), 0);
    for (const length of [160, 320, 400]) {
      const { out } = played(sound, [[1600, 1600 + length]], 80);
      expect(steepest(out)).toBeLessThan(steepest(sound) * 1.5);
    }
  });

  test("gaps of odd lengths, in any pieces", () => {
    const sound = voice(130, 2000);
    const whole = played(sound, [[800, 1000]], 200).out;
    for (const piece of [1, 7, 40]) {
      const concealer = new LossConcealer();
      const out = Uint8Array.from(sound);
      for (let at = 800; at < 1000; at += piece) concealer.conceal(before(out, 800), out, at, Math.min(piece, 1000 - at));
      expect(out.subarray(800, 1000)).toEqual(whole.subarray(800, 1000));
    }
  });
});
