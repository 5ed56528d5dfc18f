import { expect, test } from "vitest";
import { TimelinePlacer } from "./timeline-placer.js";

test("jitter and reordering keep their place, across the wrap of the timestamp", () => {
  const placer = new TimelinePlacer();
  const start = 0xffffff00;
  expect(placer.place(1, start, 5000, 0)).toBe(5000);
  expect(placer.place(1, (start + 320) >>> 0, 5700, 0)).toBe(5320); // late by 48 ms
  expect(placer.place(1, (start + 160) >>> 0, 5701, 0)).toBe(5160); // and the one before it still later
  expect(placer.place(1, (start + 1600) >>> 0, 5800, 0)).toBe(6600); // 100 ms early
});

test("leaps and new sources are anchored anew; an old packet never moves the stream", () => {
  const placer = new TimelinePlacer();
  placer.place(1, 0, 0, 0);
  expect(placer.place(1, 160, 2561, 0)).toBe(2561); // 2,401 samples behind: its timestamps stood still
  expect(placer.place(1, 0, 5000, 0)).toBe(2401); // far too late: its own place, whatever is there now
  expect(placer.place(1, 320, 2721, 0)).toBe(2721);
  expect(placer.place(1, 1_000_000, 2900, 0)).toBe(2900);
  expect(placer.place(1, 100, 3100, 0)).toBe(3100); // the source began anew
  expect(placer.place(2, 260, 3300, 0)).toBe(3300);
});

test("a burst that was held up keeps its place, where that can be written no more and where it can", () => {
  const placer = new TimelinePlacer();
  placer.place(1, 0, 0, 0);
  // Nothing for 240 ms, then all at once; what lies before 1,120 is written already.
  for (let i = 1; i <= 12; i++) expect(placer.place(1, i * 160, 1920 + i, 1120)).toBe(i * 160);
  expect(placer.place(1, 13 * 160, 2080, 1120)).toBe(13 * 160);
});

test("a stream whose clock is slow is anchored anew when for 60 ms it came too late", () => {
  const placer = new TimelinePlacer();
  placer.place(1, 0, 0, 0);
  const placed = [1, 2, 3, 4, 5].map((i) => placer.place(1, i * 160, 900 + i * 160, 1120 + i * 160));
  expect(placed).toEqual([160, 320, 480, 900 + 640, 900 + 800]);
});
