import { DateTime } from "luxon";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PeriodUnit } from "../contract.js";
import { addDays, addMonths, dateOfDay, daysIn, isoWeek, isoWeeksInYear } from "./calendar-date.js";
import { comparedBucket, comparedSpan } from "./compare-spans.js";
import { namedSpans } from "./named-spans.js";
import { bucketsOf, defaultSpan, periodLabel, periodOf, shortLabel, spanLabel } from "./periods.js";
import { festivalShift, springFestival } from "./spring-festival.js";

const anyDate = fc.integer({ min: -20_000, max: 60_000 }).map(dateOfDay);
const units: readonly PeriodUnit[] = ["day", "week", "month", "quarter", "year"];

describe("periods", () => {
  it("are those of the calendar, for any date", () => {
    fc.assert(
      fc.property(anyDate, fc.constantFrom(...units), (date, unit) => {
        const time = DateTime.fromISO(date, { zone: "utc" });
        const { natural } = periodOf(date, unit);
        expect(natural).toEqual({ from: time.startOf(unit).toISODate(), to: time.endOf(unit).toISODate() });
        expect(isoWeek(date)).toEqual({ year: time.weekYear, week: time.weekNumber });
      }),
      { numRuns: 500 },
    );
  });

  it("cover a span without gap or overlap", () => {
    fc.assert(
      fc.property(anyDate, fc.integer({ min: 0, max: 700 }), fc.constantFrom(...units), (from, days, unit) => {
        const span = { from, to: addDays(from, days) };
        const buckets = bucketsOf(span, unit);
        expect(buckets[0]?.span.from).toBe(span.from);
        expect(buckets.at(-1)?.span.to).toBe(span.to);
        expect(buckets.reduce((sum, bucket) => sum + daysIn(bucket.span), 0)).toBe(days + 1);
        for (const [index, bucket] of buckets.entries()) if (index > 0) expect(bucket.span.from).toBe(addDays(buckets[index - 1]?.span.to ?? "", 1));
        expect(new Set(buckets.map(({ key }) => key)).size).toBe(buckets.length);
      }),
    );
  });

  it("have names", () => {
    const label = (date: string, unit: PeriodUnit): string => periodLabel(periodOf(date, unit));
    expect(units.map((unit) => label("2026-08-15", unit))).toEqual(["2026年8月15日", "2026年第33周（8月10日—16日）", "2026年8月", "2026年第3季度", "2026年"]);
    expect(label("2027-01-01", "week")).toBe("2026年第53周（12月28日—2027年1月3日）");
    expect(units.map((unit) => shortLabel(periodOf("2026-08-15", unit), false))).toEqual(["08-15", "33周", "8月", "3季度", "2026年"]);
    expect(shortLabel(periodOf("2026-01-15", "month"), false)).toBe("2026年1月");
    expect(["2026-08-01 2026-08-15", "2026-08-01 2026-08-31", "2026-07-01 2026-09-30", "2025-12-01 2026-02-28", "2026-01-01 2026-08-31", "2025-12-30 2026-01-02", "2026-08-15 2026-08-15"].map((text) => spanLabel({ from: text.slice(0, 10), to: text.slice(11) }))).toEqual([
      "2026年8月1日—15日",
      "2026年8月",
      "2026年第3季度",
      "2025年12月—2026年2月",
      "2026年1月—8月",
      "2025年12月30日—2026年1月2日",
      "2026年8月15日",
    ]);
  });

  it("begin where nobody says at whole periods up to that of today", () => {
    expect(units.map((unit) => defaultSpan(unit, "2026-08-15"))).toEqual([
      { from: "2026-07-17", to: "2026-08-15" },
      { from: "2026-05-25", to: "2026-08-16" },
      { from: "2025-09-01", to: "2026-08-31" },
      { from: "2024-10-01", to: "2026-09-30" },
      { from: "2022-01-01", to: "2026-12-31" },
    ]);
    for (const unit of units) expect(bucketsOf(defaultSpan(unit, "2026-08-15"), unit).length).toBe({ day: 30, week: 12, month: 12, quarter: 8, year: 5 }[unit]);
  });
});

it("spans have the names people give them", () => {
  expect(namedSpans("2026-03-31")).toEqual({
    today: { from: "2026-03-31", to: "2026-03-31" },
    yesterday: { from: "2026-03-30", to: "2026-03-30" },
    thisMonth: { from: "2026-03-01", to: "2026-03-31" },
    lastMonth: { from: "2026-02-01", to: "2026-02-28" },
    thisQuarter: { from: "2026-01-01", to: "2026-03-31" },
    lastQuarter: { from: "2025-10-01", to: "2025-12-31" },
    thisYear: { from: "2026-01-01", to: "2026-12-31" },
    lastYear: { from: "2025-01-01", to: "2025-12-31" },
  });
});

describe("what is compared", () => {
  const bucket = (from: string, to: string, unit: PeriodUnit) => ({ ...periodOf(from, unit), span: { from, to } });

  it("is the same part of the same period", () => {
    expect(comparedBucket(bucket("2026-08-01", "2026-08-31", "month"), "year")).toEqual({ from: "2025-08-01", to: "2025-08-31" });
    expect(comparedBucket(bucket("2026-08-01", "2026-08-15", "month"), "year")).toEqual({ from: "2025-08-01", to: "2025-08-15" });
    expect(comparedBucket(bucket("2026-03-01", "2026-03-31", "month"), "previous")).toEqual({ from: "2026-02-01", to: "2026-02-28" });
    expect(comparedBucket(bucket("2024-02-01", "2024-02-29", "month"), "year")).toEqual({ from: "2023-02-01", to: "2023-02-28" });
    expect(comparedBucket(bucket("2026-07-01", "2026-08-15", "quarter"), "previous")).toEqual({ from: "2026-04-01", to: "2026-05-15" });
    expect(comparedBucket(bucket("2026-08-10", "2026-08-16", "week"), "year")).toEqual({ from: "2025-08-11", to: "2025-08-17" });
    expect(comparedBucket(bucket("2026-08-12", "2026-08-14", "week"), "previous")).toEqual({ from: "2026-08-05", to: "2026-08-07" });
    expect(comparedBucket(bucket("2026-08-15", "2026-08-15", "day"), "previous")).toEqual({ from: "2026-08-14", to: "2026-08-14" });
  });

  it("is nothing where there is no such day or week", () => {
    expect(comparedBucket(bucket("2028-02-29", "2028-02-29", "day"), "year")).toBeUndefined();
    expect(isoWeeksInYear(2026)).toBe(53);
    expect(isoWeeksInYear(2025)).toBe(52);
    expect(comparedBucket(bucket("2026-12-28", "2027-01-03", "week"), "year")).toBeUndefined();
  });

  it("of a whole: calendar months by name, weeks by number, all else by its number of days", () => {
    const whole = (from: string, to: string, today: string, kind: "year" | "previous") => comparedSpan({ from, to }, { from, to: to < today ? to : today }, kind);
    expect(whole("2026-01-01", "2026-06-30", "2026-08-15", "year")).toEqual({ from: "2025-01-01", to: "2025-06-30" });
    expect(whole("2026-01-01", "2026-06-30", "2026-08-15", "previous")).toEqual({ from: "2025-07-01", to: "2025-12-31" });
    expect(whole("2026-08-01", "2026-08-31", "2026-08-15", "previous")).toEqual({ from: "2026-07-01", to: "2026-07-15" });
    expect(whole("2024-02-01", "2024-02-29", "2026-08-15", "year")).toEqual({ from: "2023-02-01", to: "2023-02-28" });
    expect(whole("2026-07-10", "2026-07-19", "2026-08-15", "year")).toEqual({ from: "2025-07-10", to: "2025-07-19" });
    expect(whole("2024-02-20", "2024-03-05", "2026-08-15", "year")).toEqual({ from: "2023-02-20", to: "2023-03-06" });
    expect(whole("2026-07-10", "2026-07-19", "2026-08-15", "previous")).toEqual({ from: "2026-06-30", to: "2026-07-09" });
    expect(whole("2026-08-10", "2026-08-16", "2026-08-15", "year")).toEqual({ from: "2025-08-11", to: "2025-08-16" });
    expect(whole("2026-08-10", "2026-08-16", "2026-08-15", "previous")).toEqual({ from: "2026-08-03", to: "2026-08-08" });
  });

  it("months that are added keep to the end of shorter months", () => {
    expect([addMonths("2026-03-31", -1), addMonths("2024-02-29", -12), addMonths("2026-01-31", -11), addMonths("2025-12-31", 2)]).toEqual(["2026-02-28", "2023-02-28", "2025-02-28", "2026-02-28"]);
  });
});

describe("the Spring Festival", () => {
  it("is where the almanac has it: never more than a day from what the machine computes", () => {
    const chinese = new Intl.DateTimeFormat("en-u-ca-chinese", { timeZone: "UTC", month: "numeric", day: "numeric" });
    const isFirst = (date: string): boolean => {
      const parts = chinese.formatToParts(new Date(`${date}T00:00:00Z`));
      return parts.find(({ type }) => type === "month")?.value === "1" && parts.find(({ type }) => type === "day")?.value === "1";
    };
    const told = Array.from({ length: 41 }, (_, index) => springFestival(2000 + index) ?? "");
    for (const date of told) expect([-1, 0, 1].some((days) => isFirst(addDays(date, days))), date).toBe(true);
    expect(told.slice(24, 28)).toEqual(["2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06"]);
    expect(springFestival(2041)).toBeUndefined();
  });

  it("is told when it falls into different months", () => {
    expect(festivalShift({ from: "2026-02-01", to: "2026-02-28" }, { from: "2025-02-01", to: "2025-02-28" })).toMatch(/春节错月：2025年1月29日、2026年2月17日/);
    expect(festivalShift({ from: "2026-01-01", to: "2026-01-31" }, { from: "2025-01-01", to: "2025-01-31" })).toMatch(/春节错月/);
    expect(festivalShift({ from: "2026-03-01", to: "2026-03-31" }, { from: "2025-03-01", to: "2025-03-31" })).toBeUndefined();
    expect(festivalShift({ from: "2027-02-01", to: "2027-02-28" }, { from: "2026-02-01", to: "2026-02-28" })).toBeUndefined();
  });
});
