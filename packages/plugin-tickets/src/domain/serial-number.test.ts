import { describe, expect, it } from "vitest";
import { groupSerial, isSerial, luhnDigit, makeSerial } from "./serial-number.js";

describe("serial numbers", () => {
  it("have the check digit of ISO/IEC 7812-1", () => {
    // The standard's own example and a well-known test number.
    expect(luhnDigit("7992739871")).toBe("3");
    expect(luhnDigit("453914880343646")).toBe("7");
    expect(luhnDigit("0")).toBe("0");
  });

  it("are date, order of the day and check digit", () => {
    expect(makeSerial("2026-03-09", 1)).toBe(`26030900001${luhnDigit("26030900001")}`);
    expect(makeSerial("2026-12-31", 99_999)).toMatch(/^26123199999\d$/);
    expect(groupSerial("260309000012")).toBe("260309 00001 2");
  });

  it("show every single wrong digit, and every swap of neighbours but 09 with 90", () => {
    for (const serial of [makeSerial("2026-03-09", 1), makeSerial("2026-11-23", 40_817), makeSerial("2027-01-01", 99_999)]) {
      expect(isSerial(serial)).toBe(true);
      for (let at = 0; at < 12; at++) {
        for (let digit = 0; digit < 10; digit++) {
          const wrong = serial.slice(0, at) + String(digit) + serial.slice(at + 1);
          expect(isSerial(wrong)).toBe(wrong === serial);
        }
        const [a = "", b = ""] = [serial[at], serial[at + 1]];
        if (b === "" || a === b || [a, b].sort().join("") === "09") continue;
        expect(isSerial(serial.slice(0, at) + b + a + serial.slice(at + 2))).toBe(false);
      }
    }
  });

  it.each(["", "26030900001", "2603090000123", "26030900001x", "２６０３０９００００１２", " 260309000012"])("refuses %j", (text) => expect(isSerial(text)).toBe(false));
});
