import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TickDriver } from "./tick-driver.js";

let now: number;
/** What a tick costs, ms. */
let cost: number;
let told: number[];
let driver: TickDriver;
const work = { tick: (): void => void (now += cost) };

beforeEach(() => {
  now = 1_000;
  cost = 1;
  told = [];
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockImplementation(() => now);
  driver = new TickDriver(
    (_what, error) => {
      throw error;
    },
    (ms) => void (now += ms),
    (ms) => void told.push(Math.round(ms)),
  );
});
afterEach(() => {
  driver.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Time passes; timers fire when the thread is free. */
function pass(ms: number): void {
  for (const until = now + ms; now < until; ) {
    const idle = Math.max(0, driver.untilNext(now));
    now += Math.min(idle, until - now);
    vi.runOnlyPendingTimers();
  }
}

describe("lateness of the media's ticks", () => {
  it("is told each second while the thread does not follow, and once when it does again", () => {
    driver.add(work, 2);
    pass(3_000);
    expect(told).toEqual([]);
    // Each tick takes longer than it may: every one comes later than the one before.
    cost = 26;
    pass(4_000);
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(told.at(-1)).toBeGreaterThan(40);
    cost = 1;
    pass(5_000);
    const after = told.length;
    expect(told.at(-1)).toBeLessThan(5);
    pass(3_000);
    expect(told).toHaveLength(after);
  });

  it("is none where the thread stood still once", () => {
    driver.add(work, 2);
    pass(1_500);
    now += 150;
    pass(2_000);
    expect(told).toEqual([]);
  });

  it("forgets what was before a rest", () => {
    driver.add(work, 2);
    cost = 30;
    pass(900);
    driver.remove(work, 2);
    cost = 1;
    pass(200);
    now += 60_000;
    driver.add(work, 2);
    pass(2_500);
    expect(told).toEqual([]);
  });
});
