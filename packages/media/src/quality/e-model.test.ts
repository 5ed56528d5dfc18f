import { describe, expect, test } from "vitest";
import { mosOf, ratingOf } from "./e-model.js";

describe("E-model", () => {
  test("a line without faults: R 93.2, MOS 4.41", () => {
    expect(ratingOf({ delayMs: 0, lossRate: 0 })).toBeCloseTo(93.2, 5);
    expect(mosOf(93.2)).toBeCloseTo(4.41, 2);
  });

  test("the mapping of R to MOS is that of G.107 Annex B", () => {
    // Table B.1: lower limits of the categories of satisfaction.
    for (const [rating, mos] of [[90, 4.34], [80, 4.03], [70, 3.6], [60, 3.1], [50, 2.58]] as const) expect(Math.abs(mosOf(rating) - mos)).toBeLessThan(0.01);
    expect(mosOf(0)).toBe(1);
    expect(mosOf(3)).toBe(1);
    expect(mosOf(100)).toBe(4.5);
  });

  test("delay costs nothing up to 100 ms, then more and more", () => {
    expect(ratingOf({ delayMs: 100, lossRate: 0 })).toBeCloseTo(93.2, 5);
    // G.107 (7-27) by hand: X = 1 for 200 ms.
    expect(93.2 - ratingOf({ delayMs: 200, lossRate: 0 })).toBeCloseTo(25 * (2 ** (1 / 6) - 3 * (1 + (1 / 3) ** 6) ** (1 / 6) + 2), 6);
    expect(93.2 - ratingOf({ delayMs: 400, lossRate: 0 })).toBeGreaterThan(20);
  });

  test("losses: Ie-eff of G.711 with and without concealment, at random and in bursts", () => {
    const lost = (options: object): number => 93.2 - ratingOf({ delayMs: 0, lossRate: 0.05, ...options });
    expect(lost({})).toBeCloseTo((95 * 5) / (5 + 25.1), 6);
    expect(lost({ concealed: false })).toBeCloseTo((95 * 5) / (5 + 4.3), 6);
    expect(lost({ burstRatio: 2 })).toBeCloseTo((95 * 5) / (2.5 + 25.1), 6);
    expect(ratingOf({ delayMs: 500, lossRate: 1, concealed: false })).toBe(0);
  });
});
