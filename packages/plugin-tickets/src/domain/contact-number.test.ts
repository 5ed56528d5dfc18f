import { describe, expect, it } from "vitest";
import { maskName, maskNumber, normaliseNumber } from "./contact-number.js";

describe("numbers of citizens", () => {
  it.each([
    ["13800138000", "13800138000"],
    ["+86 138-0013-8000", "13800138000"],
    ["008613800138000", "13800138000"],
    ["+862112345678", "2112345678"],
    ["86123", "86123"],
    ["09001234567", "09001234567"],
    ["anonymous", ""],
  ])("%s is %s", (given, expected) => expect(normaliseNumber(given)).toBe(expected));

  it.each([
    ["13800138000", "138****8000"],
    ["02112345678", "021-1234****"],
    ["12345678", "1234****"],
    ["12333", "1**33"],
    ["110", "***"],
  ])("%s is shown as %s", (given, expected) => expect(maskNumber(given)).toBe(expected));

  it("names keep the first character", () => {
    expect(maskName("王秀兰")).toBe("王**");
    expect(maskName("")).toBe("");
  });
});
