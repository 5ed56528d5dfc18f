import { describe, expect, it } from "vitest";
import { cleanNumber, withoutControls } from "./numbers.js";

describe("cleanNumber", () => {
  it.each([
    ["+86 (10) 1234-5678", "+861012345678"],
    ["zhang.san", "zhang.san"],
    ["138\u0000001", "138001"],
    ["a\r\nb\u0085", "ab"],
    ["\u202e01083331\u202c", "01083331"],
    ["", ""],
    ["1".repeat(3_000), "1".repeat(100)],
    ["x".repeat(3_000), "x".repeat(100)],
  ])("%j is %j", (user, number) => expect(cleanNumber(user)).toBe(number));
});

describe("withoutControls", () => {
  it("takes out what breaks a line, colours a terminal or turns the writing round, and leaves the rest", () => {
    expect(withoutControls("\u001b[31m张\u2028三\u2029 \u009b\u202e\u2067\u200f<b>\u2069é")).toBe("[31m张三 <b>é");
  });
});
