import type { Activity, Logger } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { Rounds } from "./rounds.js";

let timers: { ms: number; fire: () => void; cancelled: boolean }[];
let made: number;
let fails: boolean;
let during: () => void;
let rounds: Rounds;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  timers = [];
  made = 0;
  fails = false;
  during = () => undefined;
  rounds = new Rounds({
    activity: { track: (work: Promise<unknown>) => work } as unknown as Activity,
    log: { error: () => undefined } as unknown as Logger,
    name: "something",
    clock: {
      setTimeout: (fire: () => void, ms: number) => {
        const timer = { ms, fire, cancelled: false };
        timers.push(timer);
        return { cancel: () => void (timer.cancelled = true) } as never;
      },
    },
    round: async () => {
      made++;
      await Promise.resolve();
      during();
      if (fails) throw new Error("no database");
    },
  });
});

describe("rounds", () => {
  it("are made once for each kick, and once more where one came meanwhile", async () => {
    rounds.start();
    await settled();
    expect(made).toBe(1);
    during = () => {
      during = () => undefined;
      rounds.kick();
      rounds.kick();
    };
    rounds.kick();
    await settled();
    expect(made).toBe(3);
  });

  it("lose no kick, whenever in its end it comes", async () => {
    rounds.start();
    await settled();
    for (let turns = 0; turns < 12; turns++) {
      const before = made;
      rounds.kick();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const at = made;
      rounds.kick();
      await settled();
      expect(made, `${turns} turns later`).toBeGreaterThan(at - 1);
      expect(made).toBeGreaterThan(before);
      // The second came after the first had begun, so it has a round of its own.
      if (at > before) expect(made, `${turns} turns later`).toBe(before + 2);
    }
  });

  it("that fail are made again after 10 s, 20 s and so on to five minutes, though nothing else happens", async () => {
    fails = true;
    rounds.start();
    for (let i = 0; i < 7; i++) {
      await settled();
      timers.at(-1)?.fire();
    }
    await settled();
    expect(timers.map(({ ms }) => ms / 1_000)).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
    fails = false;
    timers.at(-1)?.fire();
    await settled();
    fails = true;
    rounds.kick();
    await settled();
    expect(timers.at(-1)?.ms).toBe(10_000);
    await rounds.stop();
    expect(timers.at(-1)?.cancelled).toBe(true);
  });
});
