import { beforeEach, describe, expect, it } from "vitest";
import { ThreadTurns, type ThreadScheduler } from "./thread-turns.js";

let asked: string[];
let allowed: boolean;
const system: ThreadScheduler = {
  requestThreadRealtime: (priority) => {
    asked.push(`realtime ${priority}`);
    return allowed;
  },
  requestThreadSlice: (microseconds) => {
    asked.push(`slice ${microseconds}`);
    return true;
  },
};
beforeEach(() => {
  asked = [];
  allowed = true;
});

describe("the turns of a media thread", () => {
  it("are real-time ones, given back while it computes nearly all the time", () => {
    const turns = new ThreadTurns(system, true);
    expect([asked, turns.realtime]).toEqual([["slice 200", "realtime 1"], true]);
    asked = [];
    turns.look(0.8);
    expect(asked).toEqual([]);
    turns.look(0.81);
    expect([asked, turns.realtime]).toEqual([["realtime 0", "slice 200"], false]);
    turns.look(0.95);
    for (let i = 0; i < 9; i++) turns.look(0.6);
    turns.look(0.61); // others kept it from the processor, no more than that
    for (let i = 0; i < 9; i++) turns.look(0.6);
    expect(asked).toHaveLength(2);
    turns.look(0.6);
    expect([asked.slice(2), turns.realtime]).toEqual([["realtime 1"], true]);
  });

  it("are asked for again after a while when they were taken from it", () => {
    const turns = new ThreadTurns(system, true);
    asked = [];
    turns.lost();
    expect([asked, turns.realtime]).toEqual([["slice 200"], false]);
    for (let i = 0; i < 10; i++) turns.look(0.1);
    expect([asked.slice(1), turns.realtime]).toEqual([["realtime 1"], true]);
  });

  it("are short ones where the system does not let, and no more is asked for", () => {
    allowed = false;
    expect(new ThreadTurns(system, true).realtime).toBe(false);
    asked = [];
    const turns = new ThreadTurns(system, false);
    turns.look(0.9);
    turns.look(0.1);
    expect([asked, turns.realtime]).toEqual([["slice 200"], false]);
  });
});
