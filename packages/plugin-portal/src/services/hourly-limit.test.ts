import type { Clock } from "@hotlinejs/core";
import { expect, it } from "vitest";
import { HourlyLimit } from "./hourly-limit.js";

it("counts a /64 of IPv6 as one address: one who has it would take all places for callers from the web", () => {
  let now = 0;
  const limit = new HourlyLimit({ now: () => now } as Clock, 2);
  for (const address of ["2001:db8::1", "2001:db8::2"]) {
    expect(limit.waitFor(address)).toBeUndefined();
    limit.count(address);
  }
  expect([limit.waitFor("2001:db8::3"), limit.waitFor("2001:db8:0:1::3"), limit.waitFor("192.0.2.7")]).toEqual([60, undefined, undefined]);
  now = 3_600_001;
  expect(limit.waitFor("2001:db8::3")).toBeUndefined();
});
