import { describe, expect, test } from "vitest";
import { alawLevel } from "./level.js";
import { ComfortNoise, comfortNoiseLevel } from "./comfort-noise.js";

describe("comfort noise", () => {
  test("the payload tells its level below overload; anything louder than a noisy room is not believed", () => {
    expect(comfortNoiseLevel(Uint8Array.of(0, 60), 1)).toBeCloseTo(-53.85, 5);
    expect(comfortNoiseLevel(Uint8Array.of(0x80 | 60, 200, 17), 0)).toBeCloseTo(-53.85, 5);
    expect(comfortNoiseLevel(Uint8Array.of(127), 0)).toBe(-90);
    expect(comfortNoiseLevel(new Uint8Array(0), 0)).toBe(-90);
    expect(comfortNoiseLevel(Uint8Array.of(0), 0)).toBe(-30);
  });

  test("is as loud as told, and goes on without repeating itself", () => {
    const noise = new ComfortNoise();
    const out = new Uint8Array(8000);
    for (const level of [-55, -45, -35]) {
      noise.level = level;
      noise.fill(out, 0, 8000);
      expect(alawLevel(out)).toBeGreaterThan(level - 1);
      expect(alawLevel(out)).toBeLessThan(level + 1);
    }
    const again = new Uint8Array(8000);
    noise.fill(again, 0, 8000);
    expect(again).not.toEqual(out);
    noise.level = -90;
    noise.fill(out, 10, 100);
    expect(alawLevel(out, 10, 100)).toBe(-90);
  });
});
