import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { AuthThrottle } from "./auth-throttle.js";

let clock: ManualClock;
let throttle: AuthThrottle;

beforeEach(() => {
  clock = new ManualClock();
  throttle = new AuthThrottle(clock, { perAccount: 3, perSource: 5, windowMs: 60_000 });
});

describe("AuthThrottle", () => {
  it("makes one account at one source wait after its failures, not its neighbours", async () => {
    expect([1, 2, 3].map(() => throttle.failed("10.0.0.1", "1001"))).toEqual([false, false, true]);
    expect(throttle.waiting("10.0.0.1", "1001")).toBe(60);
    expect(throttle.waiting("10.0.0.1", "1002")).toBeUndefined();
    expect(throttle.waiting("10.0.0.2", "1001")).toBeUndefined();
    await clock.advance(60_000);
    expect(throttle.waiting("10.0.0.1", "1001")).toBeUndefined();
    expect(throttle.failed("10.0.0.1", "1001")).toBe(false);
    expect(throttle.counters).toEqual({ failures: 4, waits: 1 });
  });

  it("makes a /64 of IPv6 wait as one source, since a guesser has all of its addresses", () => {
    for (let i = 0; i < 3; i++) throttle.failed(`2001:db8::${i}`, "1001");
    expect([throttle.waiting("2001:db8::ffff", "1001"), throttle.waiting("2001:db8:0:1::1", "1001")]).toEqual([60, undefined]);
    for (let i = 0; i < 2; i++) throttle.failed(`2001:db8::${i}`, `guess${i}`);
    expect([throttle.sourceWaits("2001:db8::aaaa"), throttle.sourceWaits("2001:db8:0:1::1")]).toEqual([true, false]);
    throttle.succeeded("2001:db8::9", "1001");
    expect(throttle.waiting("2001:db8::1", "1002")).toBe(60);
  });

  it("makes a source wait that tries many names", () => {
    for (let i = 0; i < 5; i++) throttle.failed("10.0.0.1", `guess${i}`);
    expect(throttle.waiting("10.0.0.1", "fresh name")).toBe(60);
    expect(throttle.waiting("10.0.0.2", "fresh name")).toBeUndefined();
  });

  it("forgets failures at success and after the window", async () => {
    throttle.failed("s", "a");
    throttle.failed("s", "a");
    throttle.succeeded("s", "a");
    expect(throttle.failed("s", "a")).toBe(false);
    await clock.advance(60_001);
    throttle.failed("s", "a");
    throttle.failed("s", "a");
    expect(throttle.waiting("s", "a")).toBeUndefined();
  });

  it("stays bounded under a flood of names", () => {
    for (let i = 0; i < 50_000; i++) throttle.failed(`2001:db8:0:${i.toString(16)}::1`, "x");
    expect(throttle.size).toBeLessThanOrEqual(20_000);
    expect(throttle.waiting("2001:db8:0:0::1", "x")).toBeUndefined();
  });
});
