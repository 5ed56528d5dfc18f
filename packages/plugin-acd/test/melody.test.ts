import { expect, it } from "vitest";
import { makeMelody } from "../src/services/melody.js";

const dbm0 = (samples: Int16Array): number => {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return 20 * Math.log10(Math.sqrt(energy / samples.length) / (32_767 / Math.SQRT2)) + 3.14;
};

it("is soft (-24 dBm0), never clips, lasts some seconds and loops without a click", () => {
  const melody = makeMelody(8000);
  expect(dbm0(melody)).toBeCloseTo(-24, 1);
  expect(melody.length / 8000).toBeGreaterThan(8);
  expect(melody.length / 8000).toBeLessThan(30);
  let peak = 0;
  let step = 0;
  for (let i = 0; i < melody.length; i++) {
    peak = Math.max(peak, Math.abs(melody[i] as number));
    step = Math.max(step, Math.abs((melody[(i + 1) % melody.length] as number) - (melody[i] as number)));
  }
  expect(peak).toBeLessThan(16_000);
  const seam = Math.abs((melody[0] as number) - (melody[melody.length - 1] as number));
  expect(seam).toBeLessThanOrEqual(step);
  expect(seam).toBeLessThan(1_000);
});

it("is never long silent: a caller can tell that the line is alive", () => {
  const melody = makeMelody(8000);
  const second = 8000;
  for (let at = 0; at + second <= melody.length; at += second / 2) expect(dbm0(melody.subarray(at, at + second))).toBeGreaterThan(-45);
});
