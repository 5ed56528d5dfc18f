import { expect, it } from "vitest";
import type { RecordingPause } from "../src/contract.js";
import { leftOut } from "./left-out.js";

const pause = (from: number, to: number | null): RecordingPause => ({ id: `p${from}`, agent: "1001", reason: null, from, until: from + 120_000, to, ended: to === null ? null : "resumed" });

it("names who left something out: agents by their pauses, flows by what else is silent", () => {
  const view = {
    startedAt: 100_000,
    durationMs: 60_000,
    // The engine goes by frames of its own: a pause and its silence are never equal to the millisecond.
    excluded: [{ from: 5_000, to: 9_000 }, { from: 20_020, to: 30_040 }],
    pauses: [pause(120_000, 130_000)],
  };
  expect(leftOut(view)).toEqual([{ from: 5_000, to: 9_000, agent: null }, { from: 20_000, to: 30_000, agent: "1001" }]);
});

it("a pause that reaches over the ends of a part is cut there; one that goes on has no end to show", () => {
  expect(leftOut({ startedAt: 100_000, durationMs: 10_000, excluded: [], pauses: [pause(95_000, 102_000), pause(108_000, 115_000)] })).toEqual([{ from: 0, to: 2_000, agent: "1001" }, { from: 8_000, to: 10_000, agent: "1001" }]);
  expect(leftOut({ startedAt: 100_000, durationMs: null, excluded: [], pauses: [pause(101_000, null)] })).toEqual([]);
});
