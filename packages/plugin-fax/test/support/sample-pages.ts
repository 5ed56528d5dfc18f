import { FAX_WIDTH } from "../../src/domain/t6/raster.js";
import type { Raster } from "../../src/domain/t6/raster.js";

/** Pseudo-random numbers from a seed (mulberry32): the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A page that looks like text: rows of small strokes with white between; different for every seed. */
export function textPage(seed: number, height = 1000): Raster {
  const random = seeded(seed);
  const stride = FAX_WIDTH / 8;
  const data = new Uint8Array(stride * height);
  for (let top = 40; top + 30 < height; top += 60) {
    for (let left = 100; left < FAX_WIDTH - 100; left += 34) {
      if (random() < 0.2) continue;
      for (let stroke = 0; stroke < 5; stroke++) {
        const x = left + Math.floor(random() * 24);
        const y = top + Math.floor(random() * 24);
        const across = random() < 0.5;
        for (let i = 0; i < 12; i++) blacken(data, stride, x + (across ? i : i % 3), y + (across ? i % 3 : i));
      }
    }
  }
  return { width: FAX_WIDTH, height, data };
}

/** Noise: as many changes as a page can have, larger than one block of ECM. */
export function noisePage(seed: number, height: number, density = 0.5): Raster {
  const random = seeded(seed);
  const data = new Uint8Array((FAX_WIDTH / 8) * height);
  for (let i = 0; i < data.length; i++) data[i] = random() < density ? Math.floor(random() * 256) : 0;
  return { width: FAX_WIDTH, height, data };
}

function blacken(data: Uint8Array, stride: number, x: number, y: number): void {
  const at = y * stride + (x >> 3);
  data[at] = (data[at] ?? 0) | (0x80 >> (x & 7));
}

/** How many pels differ; a different height counts whole lines. */
export function differentPels(a: Raster, b: Raster): number {
  let count = Math.abs(a.height - b.height) * a.width;
  const length = Math.min(a.data.length, b.data.length);
  for (let i = 0; i < length; i++) for (let bits = (a.data[i] ?? 0) ^ (b.data[i] ?? 0); bits !== 0; bits &= bits - 1) count++;
  return count;
}
