import { describe, expect, test } from "vitest";
import { qualityOf } from "./leg-quality.js";
import type { StreamFigures } from "./leg-quality.js";

const fine: StreamFigures = { expected: 500, lost: 0, discarded: 0, jitterMs: 2, maxJitterMs: 5, burstRatio: 1, playoutMs: undefined };

describe("quality of a leg", () => {
  test("nothing is said of less than a second of sound", () => {
    expect(qualityOf({ ...fine, expected: 49 }, undefined, 20)).toBeUndefined();
    expect(qualityOf(undefined, undefined, undefined)).toBeUndefined();
  });

  test("the worse direction counts, and each is told", () => {
    const quality = qualityOf(fine, { ...fine, lost: 25, jitterMs: 12.345 }, 30);
    expect(quality).toMatchObject({ roundTripMs: 30, received: { lossPercent: 0, rating: 93.2, mos: 4.41 }, sent: { packets: 500, lost: 25, lossPercent: 5, jitterMs: 12.35 } });
    expect(quality?.mos).toBe(quality?.sent?.mos);
    expect(quality?.sent?.mos).toBeLessThan(4.1);
  });

  test("what came too late is lost to the listener; what is held back adds to the delay", () => {
    expect(qualityOf({ ...fine, lost: 5, discarded: 5 }, undefined, undefined)?.received?.lossPercent).toBe(2);
    const near = qualityOf({ ...fine, playoutMs: 40 }, undefined, 200);
    const far = qualityOf({ ...fine, playoutMs: 240 }, undefined, 200);
    expect(near?.received?.rating).toBeCloseTo(92.7, 0);
    expect(far?.received?.rating).toBeLessThan(75);
  });
});
