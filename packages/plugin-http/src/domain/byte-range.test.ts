import { describe, expect, it } from "vitest";
import { parseByteRange } from "./byte-range.js";

describe("parseByteRange", () => {
  it.each([
    ["bytes=0-499", 10_000, { start: 0, end: 499 }],
    ["bytes=500-999", 10_000, { start: 500, end: 999 }],
    ["bytes=-500", 10_000, { start: 9500, end: 9999 }],
    ["bytes=9500-", 10_000, { start: 9500, end: 9999 }],
    ["bytes=0-0", 10_000, { start: 0, end: 0 }],
    ["bytes=0-99999999", 100, { start: 0, end: 99 }],
    ["bytes=-99999999", 100, { start: 0, end: 99 }],
    ["BYTES= 1-2 ", 100, { start: 1, end: 2 }],
    ["bytes=100-", 100, "unsatisfiable"],
    ["bytes=-0", 100, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=-1", 0, "unsatisfiable"],
    ["bytes=5-4", 100, undefined],
    ["bytes=-", 100, undefined],
    ["bytes=0-1,5-6", 100, undefined],
    ["lines=0-1", 100, undefined],
    ["bytes=a-b", 100, undefined],
    ["bytes=99999999999999999999-", 100, undefined],
    ["", 100, undefined],
  ])("%s of %i", (header, size, expected) => {
    expect(parseByteRange(header, size)).toEqual(expected);
  });
});
