import sharp from "sharp";
import type { Resolution } from "../domain/t30/capabilities.js";
import type { Raster } from "../domain/t6/raster.js";

/** A PNG of one bit a pel, upright on a screen: lines of standard resolution are there twice. */
export async function pictureOf(page: Raster, resolution: Resolution): Promise<Uint8Array> {
  const times = resolution === "standard" ? 2 : 1;
  const { width, height } = page;
  const gray = new Uint8Array(width * Math.max(1, height) * times).fill(255);
  for (let y = 0; y < height; y++) {
    for (let copy = 0; copy < times; copy++) {
      const row = (y * times + copy) * width;
      for (let x = 0; x < width; x++) if (((page.data[(y * width + x) >> 3] as number) & (0x80 >> (x & 7))) !== 0) gray[row + x] = 0;
    }
  }
  const image = sharp(gray, { raw: { width, height: Math.max(1, height) * times, channels: 1 } });
  return new Uint8Array(await image.png({ palette: true, colours: 2, compressionLevel: 9 }).toBuffer());
}
