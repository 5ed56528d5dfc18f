import { describe, expect, it } from "vitest";
import type { MetricReading } from "../contracts/metrics.js";
import type { Logger } from "../log/logger.js";
import { createSilentLogger } from "../log/pino-logger.js";
import { SystemClock } from "../time/system-clock.js";
import { VirtualClock } from "../time/virtual-clock.js";
import { MetricRegistry } from "./metric-registry.js";
import { registerProcessMetrics } from "./process-metrics.js";

function registry(): { metrics: MetricRegistry; clock: VirtualClock; warnings: string[] } {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const log = Object.assign(Object.create(createSilentLogger()) as Logger, { warn: (fields: { metric?: string }) => void warnings.push(String(fields.metric)) });
  return { metrics: new MetricRegistry({ clock, log }), clock, warnings };
}

const NOTHING = (): MetricReading => undefined;

describe("adding a metric", () => {
  it.each([
    ["hotline-calls", "gauge", []],
    ["Hotline", "gauge", []],
    ["9lives", "gauge", []],
    ["hotline_calls", "counter", []],
    ["hotline_calls_total", "gauge", []],
    ["hotline_calls", "gauge", ["le"]],
    ["hotline_calls", "gauge", ["__name"]],
    ["hotline_calls", "gauge", ["a", "a"]],
  ] as const)("refuses %s as a %s with the labels %j", (name, type, labels) => {
    expect(() => registry().metrics[type]({ name, help: "Calls.", labels }, NOTHING)).toThrow(expect.objectContaining({ code: "HTL_CORE_METRIC_INVALID" }));
  });

  it("refuses a second one of a name, also where only _total tells them apart, and one that says nothing", () => {
    const { metrics } = registry();
    metrics.gauge({ name: "hotline_calls", help: "Calls." }, NOTHING);
    expect(() => metrics.gauge({ name: "hotline_calls", help: "Calls." }, NOTHING)).toThrow(/one of this name/);
    expect(() => metrics.counter({ name: "hotline_calls_total", help: "Calls." }, NOTHING)).toThrow(/one of this name/);
    expect(() => metrics.gauge({ name: "hotline_lines", help: " " }, NOTHING)).toThrow(/what it is/);
  });
});

describe("reading", () => {
  it("asks everybody anew each time, in the order in which they were added", async () => {
    const { metrics } = registry();
    let calls = 0;
    metrics.counter({ name: "b_total", help: "B." }, () => ++calls);
    metrics.gauge({ name: "a", help: "A.", labels: ["x"] }, () => Promise.resolve([{ value: 1, labels: { x: "1" } }, { value: 2, labels: { x: "2" } }]));
    metrics.gauge({ name: "c", help: "C." }, NOTHING);
    await metrics.read();
    expect(await metrics.read()).toEqual([
      { name: "b_total", help: "B.", type: "counter", samples: [{ value: 2 }] },
      { name: "a", help: "A.", type: "gauge", samples: [{ value: 1, labels: { x: "1" } }, { value: 2, labels: { x: "2" } }] },
      { name: "c", help: "C.", type: "gauge", samples: [] },
    ]);
    expect(metrics.unread).toBe(0);
  });

  it("leaves out what fails, hangs or has other labels than it said, and tells it once", async () => {
    const { metrics, clock, warnings } = registry();
    let broken = true;
    metrics.gauge({ name: "throws", help: "T." }, () => {
      if (broken) throw new Error("no");
      return 1;
    });
    metrics.gauge({ name: "hangs", help: "H." }, () => (broken ? new Promise(() => undefined) : 2));
    metrics.gauge({ name: "odd", help: "O.", labels: ["x"] }, () => (broken ? [{ value: 1, labels: { y: "1" } }] : [{ value: 3, labels: { x: "1" } }]));
    metrics.gauge({ name: "twice", help: "W.", labels: ["x"] }, () => (broken ? [{ value: 1, labels: { x: "1" } }, { value: 2, labels: { x: "1" } }] : []));
    metrics.gauge({ name: "well", help: "W." }, () => 4);
    for (let i = 0; i < 2; i++) {
      const reading = metrics.read();
      await clock.advance(2_500);
      expect((await reading).map(({ name }) => name)).toEqual(["well"]);
      expect(metrics.unread).toBe(4);
    }
    expect(warnings.sort()).toEqual(["hangs", "odd", "throws", "twice"]);
    broken = false;
    expect((await metrics.read()).map(({ name }) => name)).toEqual(["throws", "hangs", "odd", "twice", "well"]);
  });
});

it("the process tells its processor time, its memory and the lag of its event loop", async () => {
  const { metrics, clock } = registry();
  const stop = registerProcessMetrics(metrics, clock);
  try {
    const value = async (name: string): Promise<number> => (await metrics.read()).find((family) => family.name === name)?.samples[0]?.value ?? NaN;
    expect(await value("process_cpu_user_seconds_total")).toBeGreaterThan(0);
    expect(await value("process_resident_memory_bytes")).toBeGreaterThan(10e6);
    expect(await value("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
    // Long work on the main thread is seen by the next reading.
    await new SystemClock().sleep(50);
    const until = process.hrtime.bigint() + 200_000_000n;
    while (process.hrtime.bigint() < until);
    await new SystemClock().sleep(50);
    const families = await metrics.read();
    const read = (name: string): number => families.find((family) => family.name === name)?.samples[0]?.value ?? NaN;
    expect(read("nodejs_eventloop_lag_max_seconds")).toBeGreaterThan(0.05);
    expect(read("nodejs_eventloop_utilization_ratio")).toBeGreaterThan(0);
  } finally {
    stop();
  }
});
