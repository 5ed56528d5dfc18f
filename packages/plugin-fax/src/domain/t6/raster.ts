/** Pels of a line of an A4 page (T.4 section 3.1). */
export const FAX_WIDTH = 1728;

/** A page in black and white: lines of `width / 8` octets, most significant bit left, 1 is black. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Positions at which the colour changes, white first, closed by three times `width`. */
export function changesOf(row: Uint8Array, width: number, changes: Int32Array): Int32Array {
  let count = 0;
  let colour = 0;
  for (let at = 0; at < width; at++) {
    // Eight pels of the present colour are passed at once.
    if ((at & 7) === 0 && at + 8 <= width && row[at >> 3] === (colour === 0 ? 0 : 0xff)) {
      at += 7;
      continue;
    }
    const pel = ((row[at >> 3] as number) >> (7 - (at & 7))) & 1;
    if (pel === colour) continue;
    changes[count++] = at;
    colour = pel;
  }
  changes.fill(width, count, count + 3);
  return changes;
}

/** Blackens a line from its changes. */
export function paintRow(row: Uint8Array, changes: Int32Array, width: number): void {
  for (let i = 0; (changes[i] as number) < width; i += 2) {
    const to = Math.min(width, changes[i + 1] as number);
    for (let at = changes[i] as number; at < to; ) {
      if ((at & 7) === 0 && at + 8 <= to) {
        row[at >> 3] = 0xff;
        at += 8;
      } else {
        row[at >> 3] = (row[at >> 3] as number) | (0x80 >> (at & 7));
        at++;
      }
    }
  }
}
