import { describe, expect, it } from "vitest";
import { maskNumbersIn } from "./mask-numbers.js";

describe("maskNumbersIn", () => {
  it.each([
    ["13800138000", "138****8000"],
    ["tel:+8613800138000", "tel:+86138****8000"],
    ["from 057388881234 to 12333", "from 0573-8888**** to 12333"],
    ["sip:13800138000@203.0.113.9:5060", "sip:138****8000@203.0.113.9:5060"],
  ])("hides what is a telephone number: %s", (text, shown) => expect(maskNumbersIn(text)).toBe(shown));

  it.each(["12333", "260924000571", "0190f0a0-0000-7000-8000-013800138000", "2026-03-02T09:00:00+08:00", "f013800138000a", "1001"])("leaves what is none: %s", (text) => expect(maskNumbersIn(text)).toBe(text));

  it("goes into lists and objects, and leaves other values", () => {
    expect(maskNumbersIn({ numbers: ["13800138000"], at: 1_772_413_200_000, ok: true, none: null })).toEqual({ numbers: ["138****8000"], at: 1_772_413_200_000, ok: true, none: null });
  });
});
