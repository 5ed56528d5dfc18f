import { createSilentLogger } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../test/support/manual-clock.js";
import { RefusalLog } from "./refusal-log.js";

let clock: ManualClock;
let lines: Record<string, unknown>[];
let refusals: RefusalLog;

beforeEach(() => {
  clock = new ManualClock();
  lines = [];
  const log: Logger = Object.assign(createSilentLogger(), { info: (fields: object | string) => void lines.push(fields as Record<string, unknown>) });
  refusals = new RefusalLog(clock, log);
});

describe("what is told of refused calls", () => {
  it("is a line a minute of each source, with how many there were besides", async () => {
    for (let i = 0; i < 5; i++) refusals.note("203.0.113.9", 403);
    expect(lines).toEqual([{ source: "203.0.113.9", status: 403 }]);
    await clock.advance(60_000);
    refusals.note("203.0.113.9", 403);
    expect(lines[1]).toEqual({ source: "203.0.113.9", status: 403, refusedBefore: 4 });
  });

  it("is a few lines of very many sources, forged perhaps, and how many went untold", async () => {
    for (let i = 0; i < 3_000; i++) refusals.note(`2001:db8::${i.toString(16)}`, 403);
    expect(lines).toHaveLength(20);
    await clock.advance(2_000);
    for (let i = 0; i < 2; i++) refusals.note(`198.51.100.${i}`, 403);
    expect(lines.slice(20)).toEqual([{ source: "198.51.100.0", status: 403, refusedOfOthers: 2_980 }]);
  });
});
