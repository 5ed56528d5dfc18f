import { BitReader } from "./bit-stream.js";
import { FAX_WIDTH, paintRow } from "./raster.js";
import type { Raster } from "./raster.js";
import { RUN_BITS, RUN_LOOKUP } from "./run-codes.js";

export interface DecodedPage {
  readonly raster: Raster;
  /** The data ended with EOFB or RTC, and every line before was good. */
  readonly whole: boolean;
  /** Lines that could not be read and repeat the one above (MH, MR), or at which reading ended (T.6). */
  readonly badLines: number;
}

export interface DecodeOptions {
  readonly coding: "t6" | "mr" | "mh";
  readonly width?: number;
  /** Longer pages are cut. Default 20000, more than two metres of fine lines. */
  readonly maxHeight?: number;
}

const EOL_BITS = 12;
/** Two-dimensional modes by the next seven bits: kind << 4 | length; vertical ones are 1 + (a1 - b1 + 3). */
const PASS = 8;
const HORIZONTAL = 9;
const MODES = modeTable();

function modeTable(): Uint8Array {
  const table = new Uint8Array(128);
  const set = (kind: number, code: string): void => {
    const spare = 7 - code.length;
    const bits = Number.parseInt(code, 2);
    table.fill((kind << 4) | code.length, bits << spare, (bits + 1) << spare);
  };
  ["0000010", "000010", "010", "1", "011", "000011", "0000011"].forEach((code, i) => set(i + 1, code));
  set(PASS, "0001");
  set(HORIZONTAL, "001");
  return table;
}

/** Reads a page coded by T.6, or by T.4 in one or two dimensions. Never throws: what cannot be read is left out or repeated. */
export function decodePage(data: Uint8Array, options: DecodeOptions): DecodedPage {
  const width = options.width ?? FAX_WIDTH;
  const reading = new PageReader(new BitReader(data), width, options.maxHeight ?? 20_000);
  return options.coding === "t6" ? reading.t6() : reading.t4(options.coding === "mr");
}

class PageReader {
  readonly #stride: number;
  #rows: Uint8Array;
  #height = 0;
  #above: Int32Array;
  #current: Int32Array;

  constructor(
    private readonly bits: BitReader,
    private readonly width: number,
    private readonly maxHeight: number,
  ) {
    this.#stride = width >> 3;
    this.#rows = new Uint8Array(this.#stride * 1200);
    this.#above = new Int32Array(width + 4).fill(width);
    this.#current = new Int32Array(width + 4);
  }

  t6(): DecodedPage {
    while (this.#height < this.maxHeight && this.bits.position < this.bits.end) {
      // No mode begins with seven zeros: EOFB, or the end of what is there.
      if (this.bits.peek(EOL_BITS) === 1) return this.#page(true, 0);
      if (!this.#row2d()) return this.#page(false, 1);
      this.#keep();
    }
    return this.#page(false, 0);
  }

  t4(twoDimensional: boolean): DecodedPage {
    let bad = 0;
    while (this.#height < this.maxHeight && this.#toEol()) {
      this.bits.skip(EOL_BITS);
      const flat = !twoDimensional || this.bits.peek(1) === 1;
      if (twoDimensional) this.bits.skip(1);
      if (this.bits.peek(EOL_BITS) === 1) return this.#page(bad === 0, bad);
      if (this.bits.position >= this.bits.end) break;
      if (flat ? this.#row1d() : this.#row2d()) this.#keep();
      else {
        bad++;
        this.#repeat();
      }
    }
    return this.#page(false, bad);
  }

  /** Fill and the rest of a bad line are passed over. */
  #toEol(): boolean {
    for (; this.bits.position + EOL_BITS <= this.bits.end; this.bits.skip(1)) if (this.bits.peek(EOL_BITS) === 1) return true;
    return false;
  }

  #run(colour: number): number {
    const table = RUN_LOOKUP[colour] as Uint16Array;
    for (let sum = 0; ; ) {
      const entry = table[this.bits.peek(RUN_BITS)] as number;
      if (entry === 0 || this.bits.position > this.bits.end) return -1;
      this.bits.skip(entry & 15);
      sum += entry >> 4;
      if (entry >> 4 < 64) return sum;
      if (sum > this.width) return -1;
    }
  }

  #row1d(): boolean {
    let at = 0;
    let i = 0;
    while (at < this.width) {
      const run = this.#run(i & 1);
      if (run < 0 || at + run > this.width) return false;
      at += run;
      this.#current[i++] = at;
    }
    this.#current.fill(this.width, i, i + 3);
    return true;
  }

  #row2d(): boolean {
    const { width } = this;
    const above = this.#above;
    const current = this.#current;
    let a0 = -1;
    let colour = 0;
    let i = 0;
    let b = 0;
    while (a0 < width) {
      while (b > 0 && (above[b - 1] as number) > a0) b--;
      while ((above[b] as number) < width && ((above[b] as number) <= a0 || (b & 1) !== colour)) b++;
      const b1 = above[b] as number;
      const mode = MODES[this.bits.peek(7)] as number;
      if (mode === 0 || this.bits.position >= this.bits.end) return false;
      this.bits.skip(mode & 15);
      const kind = mode >> 4;
      if (kind === PASS) a0 = b1 < width ? (above[b + 1] as number) : width;
      else if (kind === HORIZONTAL) {
        const first = this.#run(colour);
        const second = this.#run(colour ^ 1);
        const a1 = Math.max(0, a0) + first;
        if (first < 0 || second < 0 || a1 + second > width) return false;
        current[i++] = a1;
        current[i++] = a0 = a1 + second;
      } else {
        const a1 = b1 + kind - 4;
        if (a1 < Math.max(0, a0) || a1 > width) return false;
        current[i++] = a0 = a1;
        colour ^= 1;
      }
      if (i > width + 1) return false;
    }
    current.fill(width, i, i + 3);
    return true;
  }

  #keep(): void {
    this.#room();
    paintRow(this.#rows.subarray(this.#height * this.#stride, (this.#height + 1) * this.#stride), this.#current, this.width);
    this.#height++;
    [this.#above, this.#current] = [this.#current, this.#above];
  }

  #repeat(): void {
    this.#room();
    if (this.#height > 0) this.#rows.copyWithin(this.#height * this.#stride, (this.#height - 1) * this.#stride, this.#height * this.#stride);
    this.#height++;
  }

  #room(): void {
    if ((this.#height + 1) * this.#stride <= this.#rows.length) return;
    const larger = new Uint8Array(this.#rows.length * 2);
    larger.set(this.#rows);
    this.#rows = larger;
  }

  #page(whole: boolean, badLines: number): DecodedPage {
    return { raster: { width: this.width, height: this.#height, data: this.#rows.slice(0, this.#height * this.#stride) }, whole, badLines };
  }
}
