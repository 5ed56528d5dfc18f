import { describe, expect, it } from "vitest";
import { ArrivalGatherer } from "./arrival-gatherer.js";

/** Packets as they come to a worker whose clock moves by what is waited and by what passes between turns. */
class Line {
  now = 5_000;
  untilTick = Infinity;
  readonly waits: number[] = [];
  #turn: (() => void) | undefined;
  readonly gatherer = new ArrivalGatherer({
    now: () => this.now,
    untilTick: () => this.untilTick,
    wait: (ms) => {
      this.waits.push(ms);
      this.now += ms;
    },
    afterTurn: (fn) => {
      expect(this.#turn, "one plan per turn").toBeUndefined();
      this.#turn = fn;
    },
  });

  /** A turn with `packets`, `gapMs` after the one before. */
  turn(packets: number, gapMs: number): void {
    this.now += gapMs;
    for (let i = 0; i < packets; i++) this.gatherer.arrived();
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.();
  }

  /** Turns for at least `ms`. */
  run(ms: number, packets: number, gapMs: number): void {
    for (const end = this.now + ms; this.now < end; ) this.turn(packets, gapMs);
  }
}

describe("packets that come one by one", () => {
  it("are gathered for two milliseconds at a time once they have woken the worker too often", () => {
    const line = new Line();
    line.turn(1, 0); // the first verdict needs a beginning
    line.run(90, 1, 0.2);
    expect(line.waits).toEqual([]);
    line.run(20, 1, 0.2);
    expect(line.waits.length).toBeGreaterThan(0);
    expect(new Set(line.waits)).toEqual(new Set([2]));
  });

  it("are looked at again every second, and left alone when they have become few", () => {
    const line = new Line();
    line.turn(1, 0);
    line.run(200, 1, 0.2);
    expect(line.gatherer.gathering).toBe(true);
    line.run(2_000, 1, 20);
    expect(line.gatherer.gathering).toBe(false);
    const { length } = line.waits;
    line.run(5_000, 1, 20);
    expect(line.waits.length).toBe(length);
  });

  it("do not make the worker's next frames late", () => {
    const line = new Line();
    line.turn(1, 0);
    line.run(200, 1, 0.2);
    line.waits.length = 0;
    line.untilTick = 0.7;
    line.turn(1, 0.2);
    line.untilTick = 0.1;
    line.turn(1, 0.2);
    expect(line.waits).toEqual([0.7]);
  });
});

describe("packets that come in bunches", () => {
  it("are never delayed, however many they are", () => {
    const line = new Line();
    line.turn(1, 0);
    line.run(5_000, 100, 2.5); // 40,000 a second
    expect(line.waits).toEqual([]);
  });
});
