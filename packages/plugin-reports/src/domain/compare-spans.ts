import type { CompareKind } from "../contract.js";
import { addDays, addMonths, daysIn, dayNumber, endOfMonth, isEndOfMonth, isoWeek, isoWeekday, isoWeeksInYear, mondayOf, partsOf } from "./calendar-date.js";
import type { DateSpan } from "./calendar-date.js";
import { weekOfLastYear } from "./periods.js";
import type { Bucket } from "./periods.js";

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/**
 * What one row is compared with: the same period of last year (同比), or the period before it (环比).
 * A period that is cut (by the span, or because it is not over) is compared with the same part.
 * `undefined`: there is none (29 February, ISO week 53).
 */
export function comparedBucket(bucket: Bucket, kind: CompareKind): DateSpan | undefined {
  const { unit, natural, span } = bucket;
  if (unit === "day") return kind === "previous" ? shiftDays(span, -1) : sameDay(span.from);
  if (unit === "week") {
    if (kind === "previous") return shiftDays(span, -7);
    const week = weekOfLastYear(bucket);
    return week === undefined ? undefined : shiftDays(span, dayNumber(week.from) - dayNumber(natural.from));
  }
  return shiftMonths(span, kind === "year" ? -12 : -MONTHS[unit]);
}

/**
 * What the whole of a report is compared with.
 *
 * - Whole calendar months, quarters, years: the same ones of last year; as many before them.
 * - Whole ISO weeks: those of last year by number; as many before them.
 * - Any other span: as many days from the same day of last year; as many days before it.
 *
 * @param natural as it was asked for
 * @param span what of it has passed: cut at today
 */
export function comparedSpan(natural: DateSpan, span: DateSpan, kind: CompareKind): DateSpan {
  const { from } = natural;
  const passed = daysIn(span);
  if (partsOf(from).day === 1 && isEndOfMonth(natural.to)) {
    const end = partsOf(natural.to);
    const begin = partsOf(from);
    const months = (end.year - begin.year) * 12 + end.month - begin.month + 1;
    return shiftMonths(span, kind === "year" ? -12 : -months);
  }
  if (kind === "previous") {
    const begin = addDays(from, -daysIn(natural));
    return { from: begin, to: addDays(begin, passed - 1) };
  }
  const begin = isoWeekday(from) === 1 && isoWeekday(natural.to) === 7 ? sameWeek(from) : addMonths(from, -12);
  return { from: begin, to: addDays(begin, passed - 1) };
}

function sameWeek(monday: string): string {
  const { year, week } = isoWeek(monday);
  return mondayOf(year - 1, Math.min(week, isoWeeksInYear(year - 1)));
}

function shiftDays({ from, to }: DateSpan, days: number): DateSpan {
  return { from: addDays(from, days), to: addDays(to, days) };
}

/** The end of a month stays the end of a month. */
function shiftMonths({ from, to }: DateSpan, months: number): DateSpan {
  const end = addMonths(to, months);
  return { from: addMonths(from, months), to: isEndOfMonth(to) ? endOfMonth(end) : end };
}

function sameDay(date: string): DateSpan | undefined {
  const day = addMonths(date, -12);
  return partsOf(day).day === partsOf(date).day ? { from: day, to: day } : undefined;
}
