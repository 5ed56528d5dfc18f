import { beforeEach, describe, expect, it } from "vitest";
import { SoundThrottle } from "./sound-throttle.js";

let now: number;
let late: number;
beforeEach(() => {
  now = 0;
  late = 0;
});
const throttle = (maxLateMs = 40): SoundThrottle => new SoundThrottle({ maxLateMs, lateMs: () => late, now: () => now });

/**
 * A machine that can set up so many calls a second: in a second of more its sound is late, as the media's workers tell it when that second is over.
 *
 * @returns for each second the calls let in, and whether the sound was late
 */
function crowd(of: SoundThrottle, offered: number, capacity: number, seconds: number): { came: number; late: boolean }[] {
  return Array.from({ length: seconds }, () => {
    let came = 0;
    for (let n = 0; n < offered; n++) {
      now += 1_000 / offered;
      if (!of.open) continue;
      of.entered();
      came++;
    }
    late = came > capacity ? 40 * Math.min(4, 1 + (came - capacity) / 100) : 0;
    return { came, late: late > 0 };
  });
}

describe("calls let in while the sound comes late", () => {
  it.each([600, 900, 1_000, 1_100, 1_500, 3_000, 10_000])("as many as the machine can serve, whatever more comes: %i a second of 1,000", (offered) => {
    const seconds = crowd(throttle(), offered, 1_000, 60).slice(10);
    const mean = seconds.reduce((sum, { came }) => sum + came, 0) / seconds.length;
    expect(mean).toBeGreaterThan(Math.min(offered, 1_000) * 0.8);
    expect(mean).toBeLessThan(1_050);
    // Once it knows the machine, the sound is late now and then, and not every other second.
    expect(seconds.filter((second) => second.late).length).toBeLessThan(seconds.length * 0.3);
    if (offered <= 1_000) expect(seconds.every(({ came }) => came === offered)).toBe(true);
  });

  it("a single late second costs a third of that second's calls at the most, a second's in all, and is over with after eight", () => {
    const of = throttle();
    crowd(of, 400, 1_000, 3);
    late = 200;
    expect(of.open).toBe(false);
    const seconds = crowd(of, 400, 1_000, 8);
    expect(seconds[0]?.came).toBeGreaterThan(400 * 0.65);
    expect(seconds.reduce((sum, { came }) => sum + came, 0)).toBeGreaterThan(7 * 400);
    expect(seconds.at(-1)?.came).toBe(400);
    expect(of.free).toBe(true);
  });

  it("a low rate that was too much once, by accident, is forgotten within half a minute", () => {
    const of = throttle();
    crowd(of, 200, 1_000, 3);
    late = 60;
    expect(of.open).toBe(false);
    const seconds = crowd(of, 1_500, 1_000, 60);
    expect(seconds.slice(30).reduce((sum, { came }) => sum + came, 0)).toBeGreaterThan(30 * 800);
  });

  it("fall to nothing where the sound stays late whoever comes, and nobody is held back once the crowd has gone", () => {
    const of = throttle();
    const came: number[] = [];
    for (let second = 0; second < 14; second++) {
      came.push(crowd(of, 500, -1, 1)[0]?.came ?? Number.NaN);
      late = 90;
    }
    expect(came[0]).toBe(500);
    expect(came.at(-1)).toBe(0);
    expect(of.free).toBe(false);
    late = 0;
    now += 1_200;
    expect(of.open).toBe(false);
    now += 1_200;
    expect([of.open, of.free]).toEqual([true, false]);
    now += 1_200;
    expect([of.open, of.free]).toEqual([true, true]);
  });

  it("strangers not while anybody is held back, nor when the sound is half as late", () => {
    const of = throttle();
    late = 19;
    expect(of.free).toBe(true);
    late = 20;
    expect([of.open, of.free]).toEqual([true, false]);
    crowd(of, 100, 1_000, 2);
    late = 50;
    expect(of.open).toBe(false);
    late = 0;
    now += 500;
    expect([of.open, of.free]).toEqual([true, false]);
  });

  it("all where nothing is demanded of the sound", () => {
    const of = throttle(0);
    late = 5_000;
    expect([of.open, of.free]).toEqual([true, true]);
  });
});
