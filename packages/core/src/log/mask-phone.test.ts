import { describe, expect, it } from "vitest";
import { maskPhone } from "./mask-phone.js";

describe("masked telephone numbers", () => {
  it.each([
    ["mobile", "13812345678", "138****5678"],
    ["mobile with the country's code", "+8613812345678", "+86138****5678"],
    ["area code of four digits, eight of the line", "057388880003", "0573-8888****"],
    ["area code of four digits, seven of the line", "05738880003", "0573-888****"],
    ["area code of three digits", "01066660003", "010-6666****"],
    ["area code of three digits", "02166660003", "021-6666****"],
    ["as people write it", "0571-8765 4321", "0571-8765****"],
    ["with the country's code", "+8657388880003", "0573-8888****"],
    ["with the country's code and a 0", "8602166660003", "021-6666****"],
    ["with the country's code and no 0", "8657388880003", "0573-8888****"],
    ["that lost its 0", "57388880003", "5738888****"],
    ["of the own town", "88880003", "8888****"],
    ["of a service", "4008123456", "400****3456"],
    ["of another country", "+442079460003", "+44****0003"],
    ["extension", "8001", "8001"],
    ["short number", "12333", "12333"],
    ["none", "", ""],
    ["masked already", "138****5678", "138****5678"],
    ["masked already", "0573-8888****", "0573-8888****"],
  ])("%s: %s", (_, number, shown) => {
    expect(maskPhone(number)).toBe(shown);
  });

  it("of eight and more digits never shows all, nor those at the end of a landline", () => {
    for (const number of ["057388887654", "02188887654", "13812345678", "8613812345678", "00442079460003", "12345678", "123456789"]) {
      const shown = maskPhone(number);
      expect(shown).toContain("****");
      expect(shown.replace(/\D/g, "").length).toBeLessThanOrEqual(number.length - 2);
    }
    expect(maskPhone("057388887654")).not.toContain("7654");
  });
});
