import { VirtualClock } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { AttemptGuard, type Attempt } from "./attempt-guard.js";

const limits = { pair: 3, source: 6, account: 9, windowMs: 60_000 };

function enter(guard: AttemptGuard, account: string, source: string): Attempt {
  const attempt = guard.enter(account, source);
  if ("retryAfterMs" in attempt) throw new Error(`locked for ${attempt.retryAfterMs}`);
  return attempt;
}

function isLocked(guard: AttemptGuard, account: string, source: string): boolean {
  const attempt = guard.enter(account, source);
  if ("retryAfterMs" in attempt) return true;
  attempt.abandon();
  return false;
}

describe("AttemptGuard", () => {
  it("locks an account for the source that failed, for a whole window from the last failure", async () => {
    const clock = new VirtualClock();
    const guard = new AttemptGuard(clock, limits);
    expect(enter(guard, "a", "1").fail()).toBe(false);
    await clock.advance(50_000);
    expect(enter(guard, "a", "1").fail()).toBe(false);
    expect(enter(guard, "a", "1").fail()).toBe(true);
    expect(guard.enter("a", "1")).toEqual({ retryAfterMs: 60_000 });
    expect(isLocked(guard, "a", "2")).toBe(false);
    expect(isLocked(guard, "b", "1")).toBe(false);
    await clock.advance(59_999);
    expect(isLocked(guard, "a", "1")).toBe(true);
    await clock.advance(1);
    expect(isLocked(guard, "a", "1")).toBe(false);
  });

  it("counts a /64 of IPv6 as one source, and trusts it as one", () => {
    const guard = new AttemptGuard(new VirtualClock(), limits);
    for (let i = 0; i < 3; i++) enter(guard, "a", `2001:db8::${i}`).fail();
    expect([isLocked(guard, "a", "2001:db8::9"), isLocked(guard, "a", "2001:db8:0:1::9")]).toEqual([true, false]);
    enter(guard, "b", "2001:db8::7").succeed();
    for (let i = 0; i < 3; i++) enter(guard, "c", `2001:db8::${i}`).fail();
    expect([isLocked(guard, "d", "2001:db8::8"), isLocked(guard, "b", "2001:db8::8")]).toEqual([true, false]);
  });

  it("counts attempts that are still being checked", () => {
    const guard = new AttemptGuard(new VirtualClock(), limits);
    const running = [enter(guard, "a", "1"), enter(guard, "a", "1"), enter(guard, "a", "1")];
    expect(isLocked(guard, "a", "1")).toBe(true);
    running[0]?.abandon();
    expect(isLocked(guard, "a", "1")).toBe(false);
  });

  it("forgets failures after a success, and a success does not count against the source", () => {
    const guard = new AttemptGuard(new VirtualClock(), limits);
    enter(guard, "a", "1").fail();
    enter(guard, "a", "1").fail();
    enter(guard, "a", "1").succeed();
    for (let i = 0; i < 50; i++) enter(guard, "a", "1").succeed();
    expect(enter(guard, "a", "1").fail()).toBe(false);
  });

  it("ends a source that tries many accounts, but not for those who sign in from there anyway", () => {
    const guard = new AttemptGuard(new VirtualClock(), limits);
    enter(guard, "colleague", "1").succeed();
    for (let i = 0; i < 6; i++) enter(guard, `account${i}`, "1").fail();
    expect(isLocked(guard, "another", "1")).toBe(true);
    expect(isLocked(guard, "another", "2")).toBe(false);
    expect(isLocked(guard, "colleague", "1")).toBe(false);
  });

  it("ends many sources that try one account, but not the one that has signed in before", () => {
    const guard = new AttemptGuard(new VirtualClock(), limits);
    enter(guard, "a", "home").succeed();
    for (let i = 0; i < 9; i++) enter(guard, "a", `source${i}`).fail();
    expect(isLocked(guard, "a", "new")).toBe(true);
    expect(isLocked(guard, "a", "home")).toBe(false);
  });

  it("clears an account and settles each attempt once", () => {
    const guard = new AttemptGuard(new VirtualClock(), limits);
    const attempt = enter(guard, "a", "1");
    attempt.fail();
    attempt.succeed();
    attempt.abandon();
    enter(guard, "a", "1").fail();
    enter(guard, "a", "1").fail();
    expect(isLocked(guard, "a", "1")).toBe(true);
    guard.clear("a");
    expect(isLocked(guard, "a", "1")).toBe(false);
  });

  it("stays within its capacity", () => {
    const guard = new AttemptGuard(new VirtualClock(), { ...limits, source: 1e9 }, 100);
    for (let i = 0; i < 1000; i++) enter(guard, `account${i}`, "1").fail();
    enter(guard, "last", "1").fail();
    enter(guard, "last", "1").fail();
    enter(guard, "last", "1").fail();
    expect(isLocked(guard, "last", "1")).toBe(true);
  });
});
