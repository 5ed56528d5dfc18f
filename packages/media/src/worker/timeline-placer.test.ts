import { expect, test } from "vitest";
import { TimelinePlacer } from "./timeline-placer.js";

test("jitter and reordering keep their place, across the wrap of the timestamp", () => {
  const placer = new TimelinePlacer(800);
  const start = 0xffffff00;
  expect(placer.place(1, start, 5000)).toBe(5000);
  expect(placer.place(1, (start + 320) >>> 0, 5700)).toBe(5320); // late by 48 ms
  expect(placer.place(1, (start + 160) >>> 0, 5701)).toBe(5160); // and the one before it still later
  expect(placer.place(1, (start + 1600) >>> 0, 5800)).toBe(6600); // 100 ms early
});

test("drift, leaps and new sources are anchored anew; an old packet never moves the stream", () => {
  const placer = new TimelinePlacer(800);
  placer.place(1, 0, 0);
  expect(placer.place(1, 160, 961)).toBe(961); // 801 samples behind
  expect(placer.place(1, 0, 5000)).toBe(801); // far too late: its own place, whatever is there now
  expect(placer.place(1, 320, 1121)).toBe(1121);
  expect(placer.place(1, 1_000_000, 1300)).toBe(1300);
  expect(placer.place(1, 100, 1500)).toBe(1500); // the source began anew
  expect(placer.place(2, 260, 1700)).toBe(1700);
});
