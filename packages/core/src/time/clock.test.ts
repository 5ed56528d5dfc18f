import { describe, expect, it } from "vitest";
import { ActivityCounter } from "./activity-counter.js";
import { SystemClock } from "./system-clock.js";
import { UuidIds, seededRandom } from "./uuid-ids.js";
import { VirtualClock } from "./virtual-clock.js";

describe("VirtualClock", () => {
  it("fires in order, lets a timer set another within the same step, and stops where told", async () => {
    const clock = new VirtualClock(0);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push(`b@${clock.now()}`), 20);
    clock.setTimeout(() => {
      fired.push(`a@${clock.now()}`);
      clock.setTimeout(() => fired.push(`c@${clock.now()}`), 15);
    }, 10);
    const every = clock.setInterval(() => fired.push(`i@${clock.now()}`), 12);
    await clock.advance(25);
    expect(fired).toEqual(["a@10", "i@12", "b@20", "i@24", "c@25"]);
    every.cancel();
    await clock.advance(100);
    expect(fired).toHaveLength(5);
    expect(clock.now()).toBe(125);
    expect(clock.pending).toBe(0);
  });
  it("waits for counted work before the next timer", async () => {
    const clock = new VirtualClock(0);
    const activity = new ActivityCounter();
    const seen: string[] = [];
    clock.setTimeout(() => void activity.track(new Promise<void>((resolve) => setTimeout(() => (seen.push("work"), resolve()), 30))), 1);
    clock.setTimeout(() => seen.push("later"), 2);
    await clock.advance(5, activity);
    expect(seen).toEqual(["work", "later"]);
  });
  it("sleeps, and wakes early with the reason of the signal", async () => {
    const clock = new VirtualClock(0);
    const abort = new AbortController();
    const slept = clock.sleep(50, abort.signal).catch((error: Error) => error.message);
    abort.abort(new Error("gone"));
    expect(await slept).toBe("gone");
    expect(clock.pending).toBe(0);
  });
});

describe("SystemClock", () => {
  it("walks waits that are too long for one timer", () => {
    const timer = new SystemClock().setTimeout(() => undefined, 2 ** 40);
    timer.cancel();
  });
});

describe("UuidIds", () => {
  it("makes ordered, unique UUIDv7 that carry the clock's time", () => {
    const clock = new VirtualClock(1_700_000_000_000);
    const ids = new UuidIds(clock, seededRandom(7));
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(new Set(made).size).toBe(made.length);
    expect([...made].sort()).toEqual(made);
    for (const id of made.slice(0, 50)) expect(id).toMatch(/^018bcfe5-68[0-9a-f]{2}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new UuidIds(new VirtualClock(1_700_000_000_000), seededRandom(7)).next()).toBe(made[0]);
  });
});
