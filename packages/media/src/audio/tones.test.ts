import { describe, expect, test } from "vitest";
import { decodeAlaw } from "../codec/g711.js";
import { alawLevel } from "../codec/level.js";
import { goertzel } from "../dsp/goertzel.js";
import { CADENCES, digitOfEvent, dtmfTone, eventOfDigit, isDtmfDigit, sineSecond, tonePeriod } from "./tones.js";

describe("tones", () => {
  test("every call-progress tone is 450 Hz at -10 dBm0 with its cadence", () => {
    for (const name of ["dial", "busy", "ringback", "congestion", "waiting", "beep"] as const) {
      const { onMs, offMs } = CADENCES[name];
      const period = tonePeriod(name);
      expect(period.length).toBe((onMs + offMs) * 8);
      const on = decodeAlaw(period.subarray(800, 800 + 1600));
      expect(goertzel(on, 0, 1600, 450) / (on.reduce((sum, v) => sum + v * v, 0) / 1600)).toBeGreaterThan(0.98);
      expect(alawLevel(period, 800, 1600)).toBeCloseTo(-10, 0);
      if (offMs > 0) expect(alawLevel(period, onMs * 8)).toBe(-90);
    }
  });

  test("looping the dial tone and a sine leaves no seam", () => {
    for (const [period, hz] of [
      [tonePeriod("dial"), 450],
      [sineSecond(1000), 1000],
    ] as const) {
      const seam = new Uint8Array(1600);
      seam.set(period.subarray(period.length - 800));
      seam.set(period.subarray(0, 800), 800);
      const pcm = decodeAlaw(seam);
      expect(goertzel(pcm, 0, 1600, hz) / (pcm.reduce((sum, v) => sum + v * v, 0) / 1600)).toBeGreaterThan(0.98);
    }
  });

  test("a key is its two frequencies", () => {
    const pcm = decodeAlaw(dtmfTone("#", 100));
    const power = pcm.reduce((sum, v) => sum + v * v, 0) / pcm.length;
    expect((goertzel(pcm, 0, pcm.length, 941) + goertzel(pcm, 0, pcm.length, 1477)) / power).toBeGreaterThan(0.9);
  });

  test("keys and RFC 4733 events", () => {
    for (const digit of ["0", "9", "*", "#", "A", "D"] as const) expect(digitOfEvent(eventOfDigit(digit))).toBe(digit);
    expect(digitOfEvent(16)).toBeUndefined();
    expect(isDtmfDigit("a")).toBe(false);
    expect(isDtmfDigit("")).toBe(false);
    expect(isDtmfDigit("12")).toBe(false);
  });
});
