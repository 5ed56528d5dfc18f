import { describe, expect, it } from "vitest";
import { formatEntityTag, matchesEntityTag, rangeStillApplies } from "./entity-tag.js";

describe("entity tags", () => {
  it("are quoted and cannot break out of the header", () => {
    expect(formatEntityTag("abc")).toBe('"abc"');
    expect(formatEntityTag('W/"abc"')).toBe('W/"abc"');
    expect(formatEntityTag('a"\r\nX: 1')).toBe('"aX:1"');
  });

  it("match weakly for If-None-Match", () => {
    expect(matchesEntityTag("*", '"a"')).toBe(true);
    expect(matchesEntityTag('"x", W/"a"', '"a"')).toBe(true);
    expect(matchesEntityTag('"b"', '"a"')).toBe(false);
    expect(matchesEntityTag("a", '"a"')).toBe(false);
  });

  it("match strongly for If-Range", () => {
    expect(rangeStillApplies('"a"', '"a"')).toBe(true);
    expect(rangeStillApplies('W/"a"', 'W/"a"')).toBe(false);
    expect(rangeStillApplies("Mon, 02 Mar 2026 01:00:00 GMT", '"a"')).toBe(false);
    expect(rangeStillApplies('"a"', undefined)).toBe(false);
  });
});
