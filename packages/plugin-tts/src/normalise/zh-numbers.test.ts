import { describe, expect, it } from "vitest";
import { digitGroups, readDigits, readInteger, readMoney, readNumber } from "./zh-numbers.js";

describe("readDigits", () => {
  it.each([
    ["12333", "幺二三三三"],
    ["110", "幺幺零"],
    ["1001", "幺零零幺"],
    ["0", "零"],
  ])("%s is %s", (digits, words) => expect(readDigits(digits)).toBe(words));

  it("reads 1 as 一 in years", () => expect(readDigits("2021", "一")).toBe("二零二一"));
});

describe("readInteger", () => {
  it.each([
    ["0", "零"],
    ["000", "零"],
    ["1", "一"],
    ["2", "二"],
    ["10", "十"],
    ["11", "十一"],
    ["12", "十二"],
    ["20", "二十"],
    ["22", "二十二"],
    ["99", "九十九"],
    ["100", "一百"],
    ["101", "一百零一"],
    ["110", "一百一十"],
    ["115", "一百一十五"],
    ["200", "二百"],
    ["222", "二百二十二"],
    ["1000", "一千"],
    ["1001", "一千零一"],
    ["1005", "一千零五"],
    ["1010", "一千零一十"],
    ["1050", "一千零五十"],
    ["1100", "一千一百"],
    ["2000", "两千"],
    ["2002", "两千零二"],
    ["2200", "两千二百"],
    ["10000", "一万"],
    ["10005", "一万零五"],
    ["10500", "一万零五百"],
    ["12000", "一万二千"],
    ["20000", "两万"],
    ["22000", "两万二千"],
    ["100000", "十万"],
    ["100005", "十万零五"],
    ["110000", "十一万"],
    ["115000", "十一万五千"],
    ["200000", "二十万"],
    ["1000000", "一百万"],
    ["10000000", "一千万"],
    ["20000000", "两千万"],
    ["20200000", "两千零二十万"],
    ["100000000", "一亿"],
    ["100010000", "一亿零一万"],
    ["100000001", "一亿零一"],
    ["110000000", "一亿一千万"],
    ["200000000", "两亿"],
    ["1234567890", "十二亿三千四百五十六万七千八百九十"],
    ["1000000000000", "一万亿"],
  ])("%s is %s", (digits, words) => expect(readInteger(digits)).toBe(words));

  it("says 两 before a measure word for 2 alone", () => {
    expect(readInteger("2", true)).toBe("两");
    expect(readInteger("12", true)).toBe("十二");
    expect(readInteger("22", true)).toBe("二十二");
  });

  it("gives every number up to 99 999 a reading of its own", () => {
    const seen = new Set<string>();
    for (let n = 0; n < 100_000; n++) {
      const words = readInteger(String(n));
      expect(words).toMatch(/^[零一二三四五六七八九十百千万两]+$/);
      expect(words.includes("零零") || (n > 0 && words.endsWith("零"))).toBe(false);
      seen.add(words);
    }
    expect(seen.size).toBe(100_000);
  });
});

describe("readNumber", () => {
  it.each([
    ["3.14", "三点一四"],
    ["3.50", "三点五"],
    ["2.0", "二"],
    ["0.5", "零点五"],
    ["-5", "负五"],
    ["-0", "零"],
    ["+7", "七"],
    ["100.01", "一百点零一"],
  ])("%s is %s", (text, words) => expect(readNumber(text)).toBe(words));

  it.each(["", "abc", "1e5", "1.", ".5", "1 2", "NaN"])("%j is no number", (text) => expect(readNumber(text)).toBeUndefined());
});

describe("readMoney", () => {
  it.each([
    [180050, "一千八百元五角"],
    [180000, "一千八百元"],
    [180005, "一千八百元零五分"],
    [180055, "一千八百元五角五分"],
    [200, "两元"],
    [1200, "十二元"],
    [50, "五角"],
    [20, "两角"],
    [2, "两分"],
    [5, "五分"],
    [222, "两元二角二分"],
    [0, "零元"],
    [-150, "负一元五角"],
    [2_000_000, "两万元"],
  ])("%i fen is %s", (fen, words) => expect(readMoney(fen)).toBe(words));
});

describe("digitGroups", () => {
  it.each([
    ["260924000573", ["260924", "00057", "3"]],
    ["13800138001", ["138", "0013", "8001"]],
    ["01012345678", ["010", "1234", "5678"]],
    ["09002345678", ["0900", "234", "5678"]],
    ["090012345678", ["0900", "1234", "5678"]],
    ["0900-12345678", ["0900", "1234", "5678"].slice(0, 1).concat(["1234", "5678"])],
    ["12333", ["12333"]],
    ["1001", ["1001"]],
    ["123456", ["123", "456"]],
    ["8123456", ["812", "3456"]],
    ["99010119900101123X", ["990101", "19900101", "123X"]],
    ["+8613800138001", ["+86", "138", "0013", "8001"]],
    ["123456789", ["123", "456", "789"]],
    ["", []],
    ["--", []],
  ])("%s", (text, groups) => expect(digitGroups(text)).toEqual(groups));

  it("drops no figure", () => {
    for (let length = 1; length <= 24; length++) {
      const text = "98765432109876543210987654".slice(0, length);
      expect(digitGroups(text).join("")).toBe(text);
    }
  });
});
