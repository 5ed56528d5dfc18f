import { describe, expect, it } from "vitest";
import { storable, storableJson } from "./storable-text.js";

describe("text that every database takes", () => {
  it.each([
    ["12333 热线", "12333 热线"],
    ["pairs stay 😀", "pairs stay 😀"],
    ["a\0b\0", "ab"],
    ["half \uD83D of one", "half \uFFFD of one"],
    ["\uDE00 and 😀", "\uFFFD and 😀"],
  ])("%j", (given, kept) => {
    expect(storable(given)).toBe(kept);
    expect(JSON.parse(storableJson({ given, list: [given] }))).toEqual({ given: kept, list: [kept] });
  });

  it("JSON about an escape is no escape", () => {
    expect(JSON.parse(storableJson("\\u0000 \\ud83d"))).toBe("\\u0000 \\ud83d");
  });
});
