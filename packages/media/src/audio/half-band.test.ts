import { describe, expect, test } from "vitest";
import { noise, sine } from "../../test/wideband-sound.js";
import { HalfBandDecimator, HalfBandInterpolator } from "./half-band.js";

const PEAK = 16_000;

/** Level of a frequency in a sound, dB over a sine of the peak. */
function level(pcm: Int16Array, hz: number, rate: number): number {
  let re = 0;
  let im = 0;
  const from = 400;
  for (let i = from; i < pcm.length; i++) {
    re += (pcm[i] as number) * Math.cos((2 * Math.PI * hz * i) / rate);
    im += (pcm[i] as number) * Math.sin((2 * Math.PI * hz * i) / rate);
  }
  return 20 * Math.log10(Math.max(1e-3, (2 * Math.hypot(re, im)) / (pcm.length - from)) / PEAK);
}

function down(wide: Int16Array): Int16Array {
  const narrow = new Int16Array(wide.length / 2);
  new HalfBandDecimator().process(wide, narrow, narrow.length);
  return narrow;
}

function up(narrow: Int16Array): Int16Array {
  const wide = new Int16Array(narrow.length * 2);
  new HalfBandInterpolator().process(narrow, wide, narrow.length);
  return wide;
}

describe("half-band filter", () => {
  test.each([100, 300, 1000, 2000, 3000, 3400])("%i Hz stays at its level, both ways", (hz) => {
    expect(level(down(sine(hz, PEAK, 8400)), hz, 8000)).toBeCloseTo(0, 1);
    expect(level(up(sine(hz, PEAK, 4200, 8000)), hz, 16_000)).toBeCloseTo(0, 1);
  });

  test.each([4600, 5000, 6000, 7000, 7700])("%i Hz does not fold into the telephone band, nor comes up beside it", (hz) => {
    expect(level(down(sine(hz, PEAK, 8400)), 8000 - hz, 8000)).toBeLessThan(-65);
    expect(level(up(sine(8000 - hz, PEAK, 4200, 8000)), hz, 16_000)).toBeLessThan(-65);
  });

  test("is the same in pieces of any length, and never beyond 16 bits", () => {
    const wide = noise(32_767, 6000).map((sample) => (sample > 0 ? 32_767 : -32_768));
    const [decimator, interpolator] = [new HalfBandDecimator(), new HalfBandInterpolator()];
    const narrow = new Int16Array(3000);
    const back = new Int16Array(6000);
    for (let at = 0, n = 1; at < 3000; at += n, n = (n * 5 + 2) % 211) {
      n = Math.min(n, 3000 - at);
      decimator.process(wide.subarray(2 * at), narrow.subarray(at), n);
      interpolator.process(narrow.subarray(at), back.subarray(2 * at), n);
    }
    expect(narrow).toEqual(down(wide));
    expect(back).toEqual(up(narrow));
    expect(Math.max(...narrow)).toBe(32_767);
    expect(Math.min(...narrow)).toBe(-32_768);
  });
});
