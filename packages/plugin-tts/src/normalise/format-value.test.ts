import { describe, expect, it } from "vitest";
import type { ValueFormat } from "../prompts/template.js";
import { formatValue } from "./format-value.js";

// 2026-11-23 22:30 in Shanghai.
const now = Date.UTC(2026, 10, 23, 14, 30);
const zh = (format: ValueFormat, value: unknown, followedBy = "") => formatValue(format, value, { language: "zh-CN", timezone: "Asia/Shanghai", now, followedBy, name: "x" });
const en = (format: ValueFormat, value: unknown) => formatValue(format, value, { language: "en-US", timezone: "Asia/Shanghai", now, name: "x" });

describe("Mandarin values", () => {
  it.each<[ValueFormat, unknown, string]>([
    ["digits", "260924000573", "二六零九二四，零零零五七，三"],
    ["digits", 1001, "幺零零幺"],
    ["digits", "99010119900101123x", "九九零幺零幺，幺九九零零幺零幺，幺二三X"],
    ["number", 0, "零"],
    ["number", "1,005", "一千零五"],
    ["number", 2.5, "二点五"],
    ["minutes", 0, "一分钟以内"],
    ["minutes", 0.99, "一分钟以内"],
    ["minutes", 1, "约一分钟"],
    ["minutes", 1.2, "约两分钟"],
    ["minutes", 5, "约五分钟"],
    ["minutes", "12", "约十二分钟"],
    ["seconds", 2, "两秒"],
    ["seconds", 42.4, "四十二秒"],
    ["seconds", -3, "零秒"],
    ["date", "2026-10-15", "十月十五日"],
    ["date", "2027-01-02", "二零二七年一月二日"],
    ["date", "2026-10-15T23:30", "十月十五日"],
    ["date", "2026-10-15T23:30:00Z", "十月十六日"],
    ["time", "10:30", "上午十点三十分"],
    ["time", "00:00", "凌晨零点"],
    ["time", "02:00", "凌晨两点"],
    ["time", "12:00", "中午十二点"],
    ["time", "12:05", "中午十二点零五分"],
    ["time", "13:00", "下午一点"],
    ["time", "14:30", "下午两点三十分"],
    ["time", "23:59", "晚上十一点五十九分"],
    ["money", 1800.5, "一千八百元五角"],
    ["money", "1800.50", "一千八百元五角"],
    ["money", 0.1 + 0.2, "三角"],
    ["money", 2, "两元"],
    ["text", "详询12333", "详询幺二三三三"],
    ["text", "", ""],
  ])("%s of %j is %s", (format, value, words) => expect(zh(format, value)).toBe(words));

  it("says 两 before a measure word, 二 elsewhere", () => {
    expect(zh("number", 2, "位来电人")).toBe("两");
    expect(zh("number", 2, "个月")).toBe("两");
    expect(zh("number", "2", "题")).toBe("两");
    expect(zh("number", 2, "。")).toBe("二");
    expect(zh("number", 12, "位")).toBe("十二");
  });

  it("tells moments in the hotline's time zone, not the machine's", () => {
    const lateEvening = Date.UTC(2026, 9, 14, 16, 30); // 00:30 on the 15th in Shanghai
    expect(zh("date", lateEvening)).toBe("十月十五日");
    expect(zh("time", new Date(lateEvening))).toBe("凌晨零点三十分");
    // The year of "now" is the hotline's too: 2027 has begun in Shanghai.
    const newYear = Date.UTC(2026, 11, 31, 16, 30);
    expect(formatValue("date", "2027-01-02", { language: "zh-CN", timezone: "Asia/Shanghai", now: newYear, name: "x" })).toBe("一月二日");
  });

  it.each<[ValueFormat, unknown]>([
    ["number", "abc"],
    ["number", Number.NaN],
    ["number", Number.POSITIVE_INFINITY],
    ["number", {}],
    ["minutes", "soon"],
    ["date", "2026-13-01"],
    ["date", "10:30"],
    ["date", Number.NaN],
    ["time", "2026-10-15"],
    ["time", "25:00"],
    ["money", "a lot"],
    ["text", { a: 1 }],
    ["digits", []],
  ])("%s refuses %j without repeating it", (format, value) => {
    expect(() => zh(format, value)).toThrow(expect.objectContaining({ code: "HTL_TTS_BAD_VALUE" }));
  });

  it.each([undefined, null])("%s is missing", (value) => expect(() => zh("text", value)).toThrow(expect.objectContaining({ code: "HTL_TTS_MISSING_VALUE" })));
});

describe("English values", () => {
  it.each<[ValueFormat, unknown, string]>([
    ["digits", "1001", "one zero zero one"],
    ["number", 12, "twelve"],
    ["minutes", 0.5, "less than a minute"],
    ["minutes", 1, "about one minute"],
    ["minutes", 4.1, "about five minutes"],
    ["seconds", 1, "one second"],
    ["date", "2026-10-15", "October fifteenth"],
    ["date", "2027-10-15", "October fifteenth, twenty twenty-seven"],
    ["time", "13:05", "one oh five PM"],
    ["money", 2.5, "two yuan fifty fen"],
    ["text", "Call 12333", "Call one two three three three"],
  ])("%s of %j is %s", (format, value, words) => expect(en(format, value)).toBe(words));
});
