import type { PeriodUnit } from "../contract.js";
import { addDays, addMonths, dateOf, earlier, endOfMonth, isoWeek, isoWeekday, isoWeeksInYear, later, mondayOf, partsOf } from "./calendar-date.js";
import type { DateSpan } from "./calendar-date.js";

/** A day, ISO week, month, quarter or year. */
export interface Period {
  readonly unit: PeriodUnit;
  /** `2026-08-15`, `2026-W33`, `2026-08`, `2026-Q3`, `2026`. */
  readonly key: string;
  readonly natural: DateSpan;
}

/** A period as far as a report looks at it. */
export interface Bucket extends Period {
  /** Cut by the report's span and by today. */
  readonly span: DateSpan;
}

/** Most rows a report by period has. */
export const MOST_BUCKETS = 800;

export function periodOf(date: string, unit: PeriodUnit): Period {
  const { year, month } = partsOf(date);
  switch (unit) {
    case "day":
      return { unit, key: date, natural: { from: date, to: date } };
    case "week": {
      const { year: weekYear, week } = isoWeek(date);
      const monday = addDays(date, 1 - isoWeekday(date));
      return { unit, key: `${weekYear}-W${String(week).padStart(2, "0")}`, natural: { from: monday, to: addDays(monday, 6) } };
    }
    case "month":
      return { unit, key: date.slice(0, 7), natural: { from: dateOf(year, month, 1), to: endOfMonth(date) } };
    case "quarter": {
      const quarter = Math.ceil(month / 3);
      return { unit, key: `${year}-Q${quarter}`, natural: { from: dateOf(year, quarter * 3 - 2, 1), to: endOfMonth(dateOf(year, quarter * 3, 1)) } };
    }
    case "year":
      return { unit, key: String(year), natural: { from: dateOf(year, 1, 1), to: dateOf(year, 12, 31) } };
  }
}

/** The periods a span touches, cut to it. At most MOST_BUCKETS + 1, so that too many can be told from many. */
export function bucketsOf(span: DateSpan, unit: PeriodUnit): readonly Bucket[] {
  const buckets: Bucket[] = [];
  for (let at = span.from; at <= span.to && buckets.length <= MOST_BUCKETS; ) {
    const period = periodOf(at, unit);
    buckets.push({ ...period, span: { from: later(period.natural.from, span.from), to: earlier(period.natural.to, span.to) } });
    at = addDays(period.natural.to, 1);
  }
  return buckets;
}

/** What a report shows when nobody says: up to and with the period of today. */
export function defaultSpan(unit: PeriodUnit, today: string): DateSpan {
  const { natural } = periodOf(today, unit);
  const back: Readonly<Record<PeriodUnit, string>> = {
    day: addDays(natural.from, -29),
    week: addDays(natural.from, -7 * 11),
    month: addMonths(natural.from, -11),
    quarter: addMonths(natural.from, -3 * 7),
    year: addMonths(natural.from, -12 * 4),
  };
  return { from: back[unit], to: natural.to };
}

/** `2026年8月15日`, `2026年第33周（8月10日—16日）`, `2026年8月`, `2026年第3季度`, `2026年`. */
export function periodLabel({ unit, key, natural }: Period): string {
  const { year, month, day } = partsOf(natural.from);
  switch (unit) {
    case "day":
      return `${year}年${month}月${day}日`;
    case "week":
      return `${key.slice(0, 4)}年第${Number(key.slice(6))}周（${shortSpan(natural)}）`;
    case "month":
      return `${year}年${month}月`;
    case "quarter":
      return `${year}年第${Math.ceil(month / 3)}季度`;
    case "year":
      return `${year}年`;
  }
}

/** For the axis of a chart: `08-15`, `33周`, `8月` (`2026年1月` at the turn of the year), `3季度`. */
export function shortLabel({ unit, key, natural }: Period, first: boolean): string {
  const { year, month } = partsOf(natural.from);
  switch (unit) {
    case "day":
      return first || natural.from.endsWith("01-01") ? natural.from : natural.from.slice(5);
    case "week":
      return first || key.endsWith("W01") ? `${key.slice(0, 4)}年${Number(key.slice(6))}周` : `${Number(key.slice(6))}周`;
    case "month":
      return first || month === 1 ? `${year}年${month}月` : `${month}月`;
    case "quarter":
      return first || month === 1 ? `${year}年${Math.ceil(month / 3)}季度` : `${Math.ceil(month / 3)}季度`;
    case "year":
      return `${year}年`;
  }
}

/** `2026年8月1日—15日`; whole periods by their name. */
export function spanLabel(span: DateSpan): string {
  for (const unit of ["year", "quarter", "month", "day"] as const) {
    const period = periodOf(span.from, unit);
    if (period.natural.from === span.from && period.natural.to === span.to) return periodLabel(period);
  }
  const { year, month, day } = partsOf(span.from);
  const end = partsOf(span.to);
  if (day === 1 && span.to === endOfMonth(span.to)) return year === end.year ? `${year}年${month}月—${end.month}月` : `${year}年${month}月—${end.year}年${end.month}月`;
  return `${year}年${shortSpan(span)}`;
}

function shortSpan(span: DateSpan): string {
  const from = partsOf(span.from);
  const to = partsOf(span.to);
  const begin = `${from.month}月${from.day}日`;
  if (from.year !== to.year) return `${begin}—${to.year}年${to.month}月${to.day}日`;
  return from.month === to.month ? (from.day === to.day ? begin : `${begin}—${to.day}日`) : `${begin}—${to.month}月${to.day}日`;
}

/** The ISO week of the year before with the same number; there is none for some week 53. */
export function weekOfLastYear({ key }: Period): DateSpan | undefined {
  const year = Number(key.slice(0, 4)) - 1;
  const week = Number(key.slice(6));
  if (week > isoWeeksInYear(year)) return undefined;
  const from = mondayOf(year, week);
  return { from, to: addDays(from, 6) };
}
