import { describe, expect, test } from "vitest";
import { VirtualClock } from "@hotlinejs/core";
import type { Collected, CollectOptions, DtmfDigit, Playback } from "@hotlinejs/core";
import { DigitCollector } from "./digit-collector.js";

function setup(): { clock: VirtualClock; collector: DigitCollector; press(keys: string): void; start(options?: CollectOptions): { result: Collected | undefined } } {
  const clock = new VirtualClock();
  const collector = new DigitCollector(clock);
  return {
    clock,
    collector,
    press: (keys) => {
      for (const key of keys) collector.push(key as DtmfDigit);
    },
    start: (options) => {
      const state: { result: Collected | undefined } = { result: undefined };
      void collector.collect(options).then((result) => {
        state.result = result;
      });
      return state;
    },
  };
}

describe("DigitCollector", () => {
  test("one key by default", async () => {
    const { clock, press, start } = setup();
    const entry = start();
    press("5");
    await clock.advance(0);
    expect(entry.result).toEqual({ digits: "5", reason: "max", finishedBy: "5" });
  });

  test("a finish key ends the entry and is left out", async () => {
    const { clock, press, start } = setup();
    const entry = start({ max: 10, finishOn: "#" });
    press("1234#");
    await clock.advance(0);
    expect(entry.result).toEqual({ digits: "1234", reason: "finish-key", finishedBy: "#" });
  });

  test("first-digit and inter-digit time-outs", async () => {
    const { clock, press, start } = setup();
    const none = start({ firstDigitTimeoutMs: 3000 });
    await clock.advance(2999);
    expect(none.result).toBeUndefined();
    await clock.advance(1);
    expect(none.result).toEqual({ digits: "", reason: "timeout" });

    const some = start({ max: 3, interDigitTimeoutMs: 1000 });
    await clock.advance(5000);
    press("1");
    await clock.advance(900);
    press("2");
    await clock.advance(999);
    expect(some.result).toBeUndefined();
    await clock.advance(1);
    expect(some.result).toEqual({ digits: "12", reason: "timeout" });
  });

  test("what is keyed ahead waits, in order, for several entries", async () => {
    const { clock, collector, press, start } = setup();
    press("213456");
    const a = start();
    const b = start({ max: 2 });
    await clock.advance(0);
    expect([a.result?.digits, b.result?.digits, collector.buffered]).toEqual(["2", "13", "456"]);
    const c = start({ flush: true });
    await clock.advance(0);
    expect(c.result).toBeUndefined();
    press("9");
    await clock.advance(0);
    expect(c.result?.digits).toBe("9");
  });

  test("keys that are too few are waited for with the inter-digit time-out", async () => {
    const { clock, press, start } = setup();
    press("12");
    const entry = start({ max: 4, interDigitTimeoutMs: 500, firstDigitTimeoutMs: 9000 });
    await clock.advance(499);
    expect(entry.result).toBeUndefined();
    await clock.advance(1);
    expect(entry.result).toEqual({ digits: "12", reason: "timeout" });
  });

  test("the first-digit time-out waits for the prompt's end", async () => {
    const { clock, press, start } = setup();
    let end: (value: Awaited<Playback["done"]>) => void = () => undefined;
    const after: Playback = { id: "p", stop: () => undefined, done: new Promise((resolve) => (end = resolve)) };
    const entry = start({ after, firstDigitTimeoutMs: 1000, max: 2, interDigitTimeoutMs: 700 });
    await clock.advance(60_000);
    expect(entry.result).toBeUndefined();
    end({ reason: "completed", playedMs: 60_000 });
    await clock.advance(999);
    expect(entry.result).toBeUndefined();
    press("4"); // in time
    await clock.advance(699);
    expect(entry.result).toBeUndefined();
    await clock.advance(1);
    expect(entry.result?.digits).toBe("4");
    expect(clock.pending).toBe(0);
  });

  test("a # behind a full number does not reach the next entry, another key does", async () => {
    const { clock, collector, press, start } = setup();
    const options = { max: 3, finishOn: "#", interDigitTimeoutMs: 2000 };
    start(options);
    press("123");
    await clock.advance(1000);
    expect(collector.swallows("#")).toBe(true);
    expect(collector.swallows("1")).toBe(false);
    press("#");
    expect(collector.buffered).toBe("");
    start(options);
    press("123");
    await clock.advance(2000);
    press("#");
    expect(collector.buffered).toBe("#"); // too late: meant otherwise
    collector.flush();
    press("123#7");
    const ahead = start(options);
    await clock.advance(0);
    expect(ahead.result?.digits).toBe("123");
    expect(collector.buffered).toBe("7");
  });

  test("the signal, a second entry and the leg's end end an entry with what it has", async () => {
    const { clock, collector, press, start } = setup();
    const controller = new AbortController();
    const aborted = start({ max: 5, signal: controller.signal });
    press("1");
    controller.abort();
    await clock.advance(0);
    expect(aborted.result).toEqual({ digits: "1", reason: "ended" });
    const replaced = start({ max: 5 });
    press("2");
    const last = start({ max: 5 });
    press("3");
    collector.end();
    const after = start();
    press("4");
    await clock.advance(0);
    expect(replaced.result).toEqual({ digits: "2", reason: "ended" });
    expect(last.result).toEqual({ digits: "3", reason: "ended" });
    expect(after.result).toEqual({ digits: "", reason: "ended" });
    expect(clock.pending).toBe(0);
  });
});
