import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differentPels, noisePage, textPage } from "../../../test/support/sample-pages.js";
import { decodePage } from "./decode-page.js";
import { encodeMh, encodeT6 } from "./encode-page.js";
import { FAX_WIDTH } from "./raster.js";
import type { Raster } from "./raster.js";

const blank: Raster = { width: FAX_WIDTH, height: 20, data: new Uint8Array(216 * 20) };
const black: Raster = { width: FAX_WIDTH, height: 20, data: new Uint8Array(216 * 20).fill(0xff) };
const pages: readonly (readonly [string, Raster])[] = [
  ["blank", blank],
  ["black", black],
  ["text", textPage(1)],
  ["noise", noisePage(2, 60)],
  ["stripes", { width: FAX_WIDTH, height: 9, data: new Uint8Array(216 * 9).map((_, i) => (Math.floor(i / 216) % 2 === 0 ? 0xaa : 0x55)) }],
];

describe("T.6 and MH", () => {
  it.each(pages)("gives a %s page back pel by pel", (_name, page) => {
    for (const [coding, encode] of [["t6", encodeT6], ["mh", encodeMh]] as const) {
      const decoded = decodePage(encode(page), { coding });
      expect(decoded).toMatchObject({ whole: true, badLines: 0 });
      expect(differentPels(decoded.raster, page)).toBe(0);
    }
  });

  it("gives any page back", () => {
    const rows = fc.array(fc.oneof(fc.uint8Array({ minLength: 216, maxLength: 216 }), fc.uint8Array({ minLength: 216, maxLength: 216 }).map((row) => row.map((octet) => (octet < 200 ? 0 : 0xff)))), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(rows, (lines) => {
        const page = { width: FAX_WIDTH, height: lines.length, data: new Uint8Array(lines.flatMap((line) => [...line])) };
        const decoded = decodePage(encodeT6(page), { coding: "t6" });
        return decoded.whole && differentPels(decoded.raster, page) === 0;
      }),
      { numRuns: 60 },
    );
  });

  it("codes a blank line in one bit and ends with EOFB", () => {
    expect(Buffer.from(encodeT6({ ...blank, height: 8, data: blank.data.subarray(0, 216 * 8) })).toString("hex")).toBe("ff001001");
  });

  it("keeps the lines before a spoilt place, and never throws on garbage", () => {
    const coded = encodeT6(textPage(3));
    const cut = decodePage(coded.subarray(0, coded.length >> 1), { coding: "t6" });
    expect(cut.whole).toBe(false);
    expect(cut.raster.height).toBeGreaterThan(300);
    expect(differentPels(cut.raster, { ...textPage(3), height: cut.raster.height, data: textPage(3).data.subarray(0, cut.raster.data.length) })).toBe(0);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom("t6" as const, "mr" as const, "mh" as const), (data, coding) => decodePage(data, { coding }).raster.height <= 3200), { numRuns: 300 });
  });

  it("reads on after a bad line of MH", () => {
    const page = textPage(4, 200);
    const coded = encodeMh(page);
    coded[coded.length >> 1] = (coded[coded.length >> 1] as number) ^ 0xff;
    const decoded = decodePage(coded, { coding: "mh" });
    expect(decoded.whole).toBe(false);
    expect(decoded.raster.height).toBeGreaterThan(195);
  });
});
