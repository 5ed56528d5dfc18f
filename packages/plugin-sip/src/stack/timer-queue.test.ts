import { describe, expect, it } from "vitest";
import { seededRandom } from "./random.js";
import { FakeClock } from "./test-support/fake-clock.js";
import { TimerQueue } from "./timer-queue.js";

describe("the timer queue", () => {
  it("runs timers in the order of their time, at their time, with one timer of the clock", async () => {
    const clock = new FakeClock();
    const timers = new TimerQueue(clock);
    const start = clock.now();
    const ran: (readonly [number, number])[] = [];
    const random = seededRandom(5);
    const wanted: number[] = [];
    for (let i = 0; i < 300; i++) {
      const ms = Math.floor(random.number() * 50) * 10;
      const timer = timers.start(ms, () => ran.push([ms, clock.now() - start]));
      if (i % 3 === 0) timer.cancel();
      else wanted.push(ms);
    }
    expect(clock.pending).toBe(1);
    await clock.advance(500);
    expect(ran.map(([ms]) => ms)).toEqual(wanted.sort((a, b) => a - b));
    expect(ran.every(([ms, at]) => ms === at)).toBe(true);
    expect(timers.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("lets timers start and cancel others while they run", async () => {
    const clock = new FakeClock();
    const timers = new TimerQueue(clock);
    const ran: string[] = [];
    const doomed = timers.start(10, () => ran.push("never"));
    timers.start(5, () => {
      ran.push("first");
      doomed.cancel();
      timers.start(0, () => ran.push("at once"));
      timers.start(5, () => ran.push("second"));
    });
    const same = timers.start(5, () => ran.push("never either"));
    timers.start(4, () => same.cancel());
    await clock.advance(5);
    expect(ran).toEqual(["first", "at once"]);
    await clock.advance(5);
    expect(ran).toEqual(["first", "at once", "second"]);
    expect(clock.pending).toBe(0);
  });

  it("a timer cancelled by another of the same instant does not run", async () => {
    const clock = new FakeClock();
    const timers = new TimerQueue(clock);
    const ran: string[] = [];
    timers.start(7, () => second.cancel());
    const second = timers.start(7, () => ran.push("never"));
    await clock.advance(20);
    expect(ran).toEqual([]);
    expect(timers.size).toBe(0);
  });

  it("goes on after a timer that throws", async () => {
    const clock = new FakeClock();
    const timers = new TimerQueue(clock);
    const ran: string[] = [];
    timers.start(5, () => {
      throw new Error("broken");
    });
    timers.start(5, () => ran.push("next"));
    await expect(clock.advance(5)).rejects.toThrow("broken");
    await clock.advance(1);
    expect(ran).toEqual(["next"]);
  });
});
