import { describe, expect, it } from "vitest";
import { idCard, luhn } from "./entry-checks.js";

describe("luhn", () => {
  it.each(["260924000573", "79927398713", "4539148803436467", "00"])("takes %s", (digits) => expect(luhn(digits)).toBe(true));
  it.each(["260924000571", "79927398710", "", "7", "12a4", " 18"])("refuses %j", (digits) => expect(luhn(digits)).toBe(false));
  it("finds every wrong figure", () => {
    const right = "260924000573";
    for (let at = 0; at < right.length; at++) {
      for (let figure = 0; figure < 10; figure++) {
        const wrong = right.slice(0, at) + figure + right.slice(at + 1);
        expect(luhn(wrong)).toBe(wrong === right);
      }
    }
  });
});

describe("idCard", () => {
  // The example of GB 11643 itself.
  it.each(["11010519491231002X", "11010519491231002x", "440524188001010014"])("takes %s", (number) => expect(idCard(number)).toBe(true));
  it.each(["110105194912310021", "11010519491331002X", "11010519490231002X", "1101051949123100", "", "A1010519491231002X"])("refuses %j", (number) => expect(idCard(number)).toBe(false));
});
