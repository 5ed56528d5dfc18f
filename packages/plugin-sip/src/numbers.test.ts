import { describe, expect, it } from "vitest";
import { cleanNumber } from "./numbers.js";

describe("cleanNumber", () => {
  it.each([
    ["+86 (10) 1234-5678", "+861012345678"],
    ["zhang.san", "zhang.san"],
    ["138\u0000001", "138001"],
    ["a\r\nb\u0085", "ab"],
    ["", ""],
    ["1".repeat(3_000), "1".repeat(100)],
    ["x".repeat(3_000), "x".repeat(100)],
  ])("%j is %j", (user, number) => expect(cleanNumber(user)).toBe(number));
});
