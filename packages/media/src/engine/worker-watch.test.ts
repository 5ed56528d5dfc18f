import { VirtualClock } from "@hotlinejs/core";
import { describe, expect, test } from "vitest";
import { BEAT } from "../worker/protocol.js";
import { WorkerWatch } from "./worker-watch.js";

/** A watch in virtual time; the machine's time goes along until it is told otherwise. */
function bench(debugged = false): { clock: VirtualClock; watch: WorkerWatch; told: number[]; beat(): void; sleep(ms: number): void; debug(is: boolean): void } {
  const clock = new VirtualClock();
  const told: number[] = [];
  let asleep = 0;
  let held = debugged;
  const watch = new WorkerWatch(clock, (stillMs) => told.push(stillMs), { machineMs: () => clock.monotonic() + asleep, debugged: () => held });
  watch.begin();
  watch.ready();
  return { clock, watch, told, beat: () => void Atomics.add(new Int32Array(watch.beat), 0, 1), sleep: (ms) => void (asleep += ms), debug: (is) => void (held = is) };
}

describe("WorkerWatch", () => {
  test("two looks in a row without a beat, and the thread hangs: told once", async () => {
    const { clock, watch, told, beat } = bench();
    for (let i = 0; i < 5; i++) {
      beat();
      await clock.advance(2_000);
    }
    expect(watch.doubtful).toBe(false);
    await clock.advance(2_000);
    expect(watch.doubtful).toBe(true);
    beat();
    await clock.advance(2_000);
    expect(watch.doubtful).toBe(false);
    await clock.advance(3_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual([4_000]);
    await clock.advance(60_000);
    expect(told).toEqual([4_000]);
    expect(clock.pending).toBe(0);
  });

  test("what held this thread, or the whole process, says nothing of the worker", async () => {
    const { clock, told, sleep } = bench();
    for (let i = 0; i < 10; i++) {
      await clock.advance(2_000);
      sleep(1_001); // the next look comes too late by that
      await clock.advance(2_000);
    }
    expect(told).toEqual([]);
    await clock.advance(4_000);
    expect(told).toEqual([4_000]);
  });

  test("a thread that does not move loses its real-time turns at the first look, though that comes too late to count", async () => {
    const clock = new VirtualClock();
    const [told, taken]: number[][] = [[], []];
    let asleep = 0;
    const watch = new WorkerWatch(clock, (stillMs) => told?.push(stillMs), { machineMs: () => clock.monotonic() + asleep, debugged: () => false, takeTurns: (thread) => taken?.push(thread) });
    const shared = new Int32Array(watch.beat);
    watch.begin();
    watch.ready();
    await clock.advance(2_000); // its number is not known
    expect(taken).toEqual([]);
    shared[BEAT.thread] = 77;
    asleep += 1_001;
    await clock.advance(2_000);
    expect([taken, told]).toEqual([[77], []]);
    expect(shared[BEAT.turnsTaken]).toBe(1);
    // It lives after all, asks for them again, and hangs again.
    shared[BEAT.beats] = 1;
    shared[BEAT.turnsTaken] = 0;
    await clock.advance(2_000);
    expect(taken).toEqual([77]);
    await clock.advance(4_000);
    expect([taken, told]).toEqual([[77, 77], [4_000]]);
  });

  test("a clock that leaps says nothing of the worker either", async () => {
    const clock = new VirtualClock();
    const told: number[] = [];
    const watch = new WorkerWatch(clock, (stillMs) => told.push(stillMs), { machineMs: () => 5 });
    watch.begin();
    watch.ready();
    await clock.advance(3_600_000);
    expect(told).toEqual([]);
    watch.end();
    expect(clock.pending).toBe(0);
  });

  test("a thread that comes up has half a minute, one that is to stop two seconds", async () => {
    const clock = new VirtualClock();
    const told: number[] = [];
    const slow = new WorkerWatch(clock, (stillMs) => told.push(stillMs), { machineMs: () => clock.monotonic(), debugged: () => false });
    slow.begin();
    await clock.advance(29_000);
    expect(slow.doubtful).toBe(false);
    expect(told).toEqual([]);
    await clock.advance(1_000);
    expect(told).toEqual([30_000]);
    slow.hurry(); // over already
    expect(clock.pending).toBe(0);

    const { clock: other, watch, told: alsoTold } = bench();
    watch.hurry();
    await other.advance(1_999);
    expect(alsoTold).toEqual([]);
    await other.advance(1);
    expect(alsoTold).toEqual([2_000]);
  });

  test("while a debugger may hold the thread it is let be", async () => {
    const { clock, told, debug } = bench(true);
    await clock.advance(60_000);
    expect(told).toEqual([]);
    debug(false);
    await clock.advance(3_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual([4_000]);
  });
});
