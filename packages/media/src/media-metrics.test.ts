import { UuidIds, VirtualClock } from "@hotlinejs/core";
import type { MetricDefinition, MetricReading, Metrics } from "@hotlinejs/core";
import { expect, test } from "vitest";
import { createMediaEngine } from "./engine/default-media-engine.js";
import type { DefaultMediaEngine } from "./engine/default-media-engine.js";
import { registerMediaMetrics } from "./media-metrics.js";
import { qualityOf } from "./quality/leg-quality.js";
import type { StreamFigures } from "./quality/leg-quality.js";

const fine: StreamFigures = { expected: 1_000, lost: 0, discarded: 0, jitterMs: 2, maxJitterMs: 5, burstRatio: 1, playoutMs: undefined };

/** What is read of the quality of this engine, by name and label. */
function readingsOf(engine: () => DefaultMediaEngine | undefined): () => Promise<Record<string, number>> {
  const added = new Map<string, () => MetricReading | Promise<MetricReading>>();
  const add = ({ name }: MetricDefinition, read: () => MetricReading | Promise<MetricReading>): void => void added.set(name, read);
  const metrics: Metrics = { gauge: add, counter: add, read: () => Promise.resolve([]) };
  registerMediaMetrics(metrics, engine, { min: 10_000, max: 10_099 });
  return async () => {
    const found: Record<string, number> = {};
    for (const [name, read] of added) {
      if (!/by_quality|_streams/.test(name)) continue;
      const samples = await read();
      for (const { value, labels = {} } of Array.isArray(samples) ? samples : []) found[[name.replace("hotline_media_", ""), ...Object.values(labels)].join(" ")] = value;
    }
    return found;
  };
}

test("the quality of legs that are over: classes of the worse direction, and sums of either", async () => {
  const clock = new VirtualClock();
  const made: DefaultMediaEngine[] = [];
  const read = readingsOf(() => made[0]);
  const none = await read();
  expect(none).toMatchObject({ "legs_by_quality_total good": 0, "legs_by_quality_total fair": 0, "legs_by_quality_total bad": 0, "streams_total received": 0, "streams_mos_total sent": 0 });
  expect(Object.keys(none)).toHaveLength(3 + 5 * 2);

  const engine = createMediaEngine({ clock, ids: new UuidIds(clock), workers: 1 });
  made.push(engine);
  const { quality } = engine;
  quality.add(undefined); // a line
  quality.add(qualityOf({ ...fine, expected: 49 }, undefined, undefined)); // under a second
  expect(await read()).toEqual(none);

  quality.add(qualityOf(fine, { ...fine, jitterMs: 8 }, 20));
  quality.add(qualityOf({ ...fine, lost: 30, discarded: 20 }, fine, 20)); // 5 %: R 77.4
  quality.add(qualityOf({ ...fine, expected: 100, lost: 20, discarded: 90 }, undefined, 20)); // more than there was cannot be lost
  const found = await read();
  expect(found).toMatchObject({ "legs_by_quality_total good": 1, "legs_by_quality_total fair": 1, "legs_by_quality_total bad": 1 });
  expect(found).toMatchObject({ "streams_total received": 3, "streams_packets_total received": 2_100, "streams_packets_lost_total received": 150 });
  expect(found).toMatchObject({ "streams_total sent": 2, "streams_packets_total sent": 2_000, "streams_packets_lost_total sent": 0 });
  expect(found["streams_jitter_seconds_total received"]).toBeCloseTo(0.006, 9);
  expect(found["streams_jitter_seconds_total sent"]).toBeCloseTo(0.01, 9);
  expect(found["streams_mos_total sent"]).toBeCloseTo(2 * 4.41, 9);
});

test("the classes begin where ITU-T G.107 Annex B has them", () => {
  const clock = new VirtualClock();
  const { quality } = createMediaEngine({ clock, ids: new UuidIds(clock), workers: 1 });
  const stream = { packets: 50, lost: 0, discarded: 0, lossPercent: 0, burstRatio: 1, jitterMs: 0, maxJitterMs: 0, mos: 4 };
  for (const rating of [93.2, 80, 79.99, 70, 69.99, 0]) quality.add({ mos: 4, sent: { ...stream, rating } });
  quality.add({ mos: 4, received: { ...stream, rating: 90 }, sent: { ...stream, rating: 60 } });
  expect(quality.legs).toEqual({ good: 2, fair: 2, bad: 3 });
});
