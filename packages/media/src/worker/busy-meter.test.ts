import { beforeEach, describe, expect, it } from "vitest";
import { BusyMeter } from "./busy-meter.js";
import { threadCpuMs } from "./thread.js";

let now: number;
let cpu: number | undefined;
let told: number[];
let meter: BusyMeter;
beforeEach(() => {
  now = 0;
  cpu = 0;
  told = [];
  meter = new BusyMeter({ now: () => now, cpuMs: () => cpu, tell: (share) => void told.push(Number(share.toFixed(2))) });
});
/** Seconds of work, looked at five times each. */
function pass(seconds: number, share: number): void {
  for (let i = 0; i < seconds * 5; i++) {
    now += 200;
    if (cpu !== undefined) cpu += 200 * share;
    meter.look();
  }
}

describe("the part of its time a worker computes", () => {
  it("is told each second from half on, and once when there is room again", () => {
    pass(3, 0.4);
    expect(told).toEqual([]);
    pass(2, 0.9);
    pass(3, 0.2);
    expect(told).toEqual([0.9, 0.9, 0.2]);
  });

  it("is that of the whole window, also where it was looked at late", () => {
    pass(0.8, 1);
    now += 2_200;
    meter.look();
    expect(told).toEqual([]);
    now += 5_000;
    cpu = 800 + 4_000;
    meter.look();
    expect(told).toEqual([0.8]);
  });

  it("is not told where the system does not tell it", () => {
    cpu = undefined;
    meter = new BusyMeter({ now: () => now, cpuMs: () => cpu, tell: () => expect.unreachable() });
    pass(3, 1);
    expect(told).toEqual([]);
  });

  it.runIf(process.platform === "linux")("is read from the system: computing takes CPU time, waiting none", () => {
    const before = threadCpuMs() ?? expect.unreachable();
    for (const until = performance.now() + 300; performance.now() < until; ) continue;
    const computed = threadCpuMs() ?? expect.unreachable();
    expect(computed).toBeGreaterThan(before);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    expect((threadCpuMs() ?? expect.unreachable()) - computed).toBeLessThanOrEqual(20);
  });
});
