import { describe, expect, it } from "vitest";
import { englishDate, englishInteger, englishMoney, englishOrdinal, englishTime, normaliseEnglish } from "./en-text.js";

describe("English numbers", () => {
  it.each([
    ["0", "zero"],
    ["7", "seven"],
    ["19", "nineteen"],
    ["20", "twenty"],
    ["42", "forty-two"],
    ["100", "one hundred"],
    ["115", "one hundred fifteen"],
    ["1000", "one thousand"],
    ["12005", "twelve thousand five"],
    ["1000001", "one million one"],
  ])("%s", (digits, words) => expect(englishInteger(digits)).toBe(words));

  it.each([
    [1, "first"],
    [2, "second"],
    [3, "third"],
    [5, "fifth"],
    [12, "twelfth"],
    [20, "twentieth"],
    [21, "twenty-first"],
    [31, "thirty-first"],
  ])("%i", (value, words) => expect(englishOrdinal(value)).toBe(words));

  it("reads dates, times and sums", () => {
    expect(englishDate(undefined, 10, 15)).toBe("October fifteenth");
    expect(englishDate(2026, 1, 2)).toBe("January second, twenty twenty-six");
    expect(englishDate(2000, 1, 2)).toBe("January second, two thousand");
    expect(englishDate(1905, 1, 2)).toBe("January second, nineteen oh five");
    expect(englishTime(10, 30)).toBe("ten thirty AM");
    expect(englishTime(0, 5)).toBe("twelve oh five AM");
    expect(englishTime(12, 0)).toBe("twelve PM");
    expect(englishTime(23, 59)).toBe("eleven fifty-nine PM");
    expect(englishMoney(180050)).toBe("one thousand eight hundred yuan fifty fen");
    expect(englishMoney(0)).toBe("zero yuan");
  });
});

describe("normaliseEnglish", () => {
  it.each([
    ["For English, press 8.", "For English, press eight."],
    ["Call 12333 or 110.", "Call one two three three three or one one zero."],
    ["There are 3 callers before you; the wait is about 12 minutes.", "There are three callers before you; the wait is about twelve minutes."],
    ["Please rate this call from 1, very satisfied, to 5.", "Please rate this call from one, very satisfied, to five."],
    ["13800138001", "one three eight zero zero one three eight zero zero one"],
    ["95%", "ninety-five percent"],
    ["2026-10-15 at 10:30", "October fifteenth, twenty twenty-six at ten thirty AM"],
    ["1,800 yuan", "one thousand eight hundred yuan"],
    ["press # to end", "press the pound key to end"],
    ["<b>a & b</b>", "b a and b /b"],
    ["", ""],
  ])("%j", (text, words) => expect(normaliseEnglish(text)).toBe(words));
});
