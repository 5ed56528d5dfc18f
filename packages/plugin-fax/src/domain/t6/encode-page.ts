import { BitWriter } from "./bit-stream.js";
import { changesOf } from "./raster.js";
import type { Raster } from "./raster.js";
import { RUN_CODES } from "./run-codes.js";

/** EOFB is two of them (T.6 section 2.4.1.1), RTC six (T.4 section 4.1.4). */
const EOL = [1, 12] as const;
/** Vertical modes by a1 - b1 + 3 (T.6 table 1). */
const VERTICAL = [[0b0000010, 7], [0b000010, 6], [0b010, 3], [0b1, 1], [0b011, 3], [0b000011, 6], [0b0000011, 7]] as const;

/** Codes a page by T.6 (MMR), EOFB included. */
export function encodeT6(page: Raster): Uint8Array {
  const out = new BitWriter();
  const { width, height, data } = page;
  const stride = width >> 3;
  let above = new Int32Array(width + 4).fill(width);
  let current = new Int32Array(width + 4);
  for (let y = 0; y < height; y++) {
    changesOf(data.subarray(y * stride, (y + 1) * stride), width, current);
    encodeRow(out, above, current, width);
    [above, current] = [current, above];
  }
  for (let i = 0; i < 2; i++) out.put(...EOL);
  return out.end();
}

/** Codes a page by T.4 one-dimensionally (MH), for stations without T.6. */
export function encodeMh(page: Raster): Uint8Array {
  const out = new BitWriter();
  const { width, height, data } = page;
  const stride = width >> 3;
  const changes = new Int32Array(width + 4);
  for (let y = 0; y < height; y++) {
    changesOf(data.subarray(y * stride, (y + 1) * stride), width, changes);
    out.put(...EOL);
    for (let at = 0, i = 0; at < width; i++) {
      putRun(out, i & 1, (changes[i] as number) - at);
      at = changes[i] as number;
    }
  }
  for (let i = 0; i < 6; i++) out.put(...EOL);
  return out.end();
}

function encodeRow(out: BitWriter, above: Int32Array, current: Int32Array, width: number): void {
  let a0 = -1;
  let colour = 0;
  // Index of a1 in `current`; its parity is the colour before it.
  let i = 0;
  let b = 0;
  while (a0 < width) {
    // b1: the first change above, right of a0, to the other colour.
    while (b > 0 && (above[b - 1] as number) > a0) b--;
    while ((above[b] as number) < width && ((above[b] as number) <= a0 || (b & 1) !== colour)) b++;
    const a1 = current[i] as number;
    const b1 = above[b] as number;
    const b2 = b1 < width ? (above[b + 1] as number) : width;
    if (b2 < a1) {
      out.put(0b0001, 4);
      a0 = b2;
      continue;
    }
    const vertical = VERTICAL[a1 - b1 + 3];
    if (vertical !== undefined) {
      out.put(vertical[0], vertical[1]);
      a0 = a1;
      colour ^= 1;
      i++;
      continue;
    }
    const a2 = current[i + 1] as number;
    out.put(0b001, 3);
    putRun(out, colour, a1 - Math.max(0, a0));
    putRun(out, colour ^ 1, a2 - a1);
    a0 = a2;
    i += 2;
  }
}

function putRun(out: BitWriter, colour: number, run: number): void {
  const codes = RUN_CODES[colour] as (typeof RUN_CODES)[number];
  let left = run;
  for (; left >= 64; left -= Math.min(2560, left & ~63)) {
    const code = codes.get(Math.min(2560, left & ~63));
    if (code !== undefined) out.put(code.bits, code.length);
  }
  const code = codes.get(left);
  if (code !== undefined) out.put(code.bits, code.length);
}
