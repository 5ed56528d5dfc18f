import { PDFiumLibrary } from "@hyzyla/pdfium";
import sharp from "sharp";
import { FAX_WIDTH } from "../domain/t6/raster.js";
import type { Raster } from "../domain/t6/raster.js";
import { PageError } from "./page-error.js";
import { typesetText } from "./typeset.js";
import type { FaxSource } from "./page-requests.js";

/** Lines of an A4 page at 7.7 lines per mm (T.4 section 3.3). */
const A4_LINES = 2287;
/** T.4: 1728 pels on 215 mm; the paper's 210 mm lie in them. */
const PELS_PER_MM = FAX_WIDTH / 215;
const LINES_PER_MM = 7.7;
/** Above it is paper, below it is ink. Antialiased strokes of small Chinese characters stay closed at this. */
const INK = 160;
/** Two metres of paper. */
const MAX_LINES = 15_000;

/** Makes fax pages, black and white in fine resolution, of any document. */
export async function rasterise(source: FaxSource, maxPages: number): Promise<Raster[]> {
  if (source.kind === "image") return rasteriseImage(source.data, maxPages);
  return rasterisePdf(source.kind === "pdf" ? source.data : await typesetText(source), maxPages);
}

let pdfium: Promise<PDFiumLibrary> | undefined;

async function rasterisePdf(data: Uint8Array, maxPages: number): Promise<Raster[]> {
  const library = await (pdfium ??= PDFiumLibrary.init());
  const document = await library.loadDocument(Buffer.from(data)).catch((error: unknown) => {
    throw new PageError("unreadable", `no PDF that can be read: ${String(error)}`);
  });
  try {
    const count = document.getPageCount();
    if (count > maxPages) throw new PageError("too-long", `${count} pages`);
    const pages: Raster[] = [];
    for (const page of document.pages()) {
      const { originalWidth, originalHeight } = page.getOriginalSize();
      const height = Math.min(MAX_LINES, Math.max(1, Math.round((originalHeight / originalWidth) * 210 * LINES_PER_MM)));
      // Paper of 210 mm within the 215 mm of the line.
      const width = Math.round(210 * PELS_PER_MM);
      const { data: pixels } = await page.render({ width, height, colorSpace: "Gray", render: "bitmap" });
      pages.push(threshold(pixels, width, height));
    }
    return pages;
  } finally {
    document.destroy();
  }
}

async function rasteriseImage(data: Uint8Array, maxPages: number): Promise<Raster[]> {
  const read = async <T>(step: () => Promise<T>): Promise<T> => {
    try {
      return await step();
    } catch (error) {
      throw new PageError("unreadable", `no picture that can be read: ${String(error)}`);
    }
  };
  const { pages: count = 1 } = await read(() => sharp(data).metadata());
  if (count > maxPages) throw new PageError("too-long", `${count} pages`);
  const pages: Raster[] = [];
  for (let page = 0; page < count; page++) {
    const { width = 1, height = 1 } = await read(() => sharp(data, { page }).metadata());
    if (width === FAX_WIDTH && height <= MAX_LINES) {
      // A fax page already: taken as it is, pel by pel.
      const gray = await read(() => sharp(data, { page }).flatten({ background: "white" }).greyscale().raw().toBuffer());
      pages.push(threshold(gray, width, height, 128));
      continue;
    }
    const paper = Math.round(210 * PELS_PER_MM);
    const lines = Math.min(A4_LINES, Math.max(1, Math.round((height / width) * 210 * LINES_PER_MM)));
    const gray = await read(() => sharp(data, { page }).flatten({ background: "white" }).greyscale().resize(paper, lines, { fit: "fill" }).raw().toBuffer());
    pages.push(dither(gray, paper, lines));
  }
  return pages;
}

/** Octets of grey to pels; the line is centred in the width of the fax. */
function threshold(gray: Uint8Array, width: number, height: number, ink = INK): Raster {
  return pels(width, height, (x, y) => (gray[y * width + x] as number) < ink);
}

/** Error diffusion (Floyd and Steinberg), so that photographs and grey letters stay what they are. */
function dither(gray: Uint8Array, width: number, height: number): Raster {
  const errors = new Float32Array((width + 2) * 2);
  return pels(width, height, (x, y) => {
    const now = (y & 1) * (width + 2);
    const next = (width + 2) - now;
    if (x === 0) errors.fill(0, next, next + width + 2);
    const value = (gray[y * width + x] as number) + (errors[now + x + 1] as number);
    const black = value < 128;
    const error = (value - (black ? 0 : 255)) / 16;
    for (const [at, share] of [[now + x + 2, 7], [next + x, 3], [next + x + 1, 5], [next + x + 2, 1]] as const) errors[at] = (errors[at] as number) + error * share;
    return black;
  });
}

function pels(width: number, height: number, black: (x: number, y: number) => boolean): Raster {
  const stride = FAX_WIDTH >> 3;
  const data = new Uint8Array(stride * height);
  const left = (FAX_WIDTH - width) >> 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!black(x, y)) continue;
      const at = y * stride + ((left + x) >> 3);
      data[at] = (data[at] as number) | (0x80 >> ((left + x) & 7));
    }
  }
  return { width: FAX_WIDTH, height, data };
}
