import { describe, expect, test } from "vitest";
import { goertzel } from "../dsp/goertzel.js";
import { resample } from "./resample.js";

const sine = (hz: number, rate: number, seconds: number): Int16Array => Int16Array.from({ length: rate * seconds }, (_, i) => Math.round(10_000 * Math.sin((2 * Math.PI * hz * i) / rate)));
const power = (pcm: Int16Array): number => pcm.reduce((sum, v) => sum + v * v, 0) / pcm.length;

describe("resample", () => {
  test("22050 to 8000 keeps a tone in the telephone band", async () => {
    const out = await resample(sine(1000, 22_050, 2), 22_050, 8000);
    expect(out.length).toBe(16_000);
    const middle = out.subarray(2000, 14_000);
    expect(goertzel(middle, 0, middle.length, 1000)).toBeCloseTo(5e7, -6);
    expect(goertzel(middle, 0, middle.length, 1000) / power(middle)).toBeGreaterThan(0.999);
  });

  test("nothing above half the new rate folds back", async () => {
    const out = await resample(sine(5000, 22_050, 1), 22_050, 8000);
    const middle = out.subarray(1000, 7000);
    expect(10 * Math.log10(power(middle) / 5e7)).toBeLessThan(-60);
  });

  test("long sound is converted whole, without a seam where the pieces meet", async () => {
    const out = await resample(sine(1000, 44_100, 15), 44_100, 8000);
    expect(out.length).toBe(120_000);
    for (let at = 1000; at + 8000 < out.length - 1000; at += 8000) {
      const piece = out.subarray(at, at + 8000);
      expect(goertzel(piece, 0, 8000, 1000) / power(piece)).toBeGreaterThan(0.999);
    }
    expect(power(out.subarray(out.length - 800))).toBeGreaterThan(4e7);
  });

  test("the same rate and nothing at all pass", async () => {
    const pcm = sine(500, 8000, 1);
    expect(await resample(pcm, 8000, 8000)).toBe(pcm);
    expect((await resample(new Int16Array(0), 16_000, 8000)).length).toBe(0);
    await expect(resample(pcm, 0, 8000)).rejects.toThrow(/sample rate/);
  });
});
