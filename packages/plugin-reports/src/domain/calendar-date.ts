/** Dates are `YYYY-MM-DD` in the hotline's zone; arithmetic is done on days since 1970-01-01. */

const DAY_MS = 86_400_000;

export interface DateParts {
  readonly year: number;
  /** 1-12. */
  readonly month: number;
  readonly day: number;
}

/** Both ends included. */
export interface DateSpan {
  readonly from: string;
  readonly to: string;
}

export function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

export function dateOfDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function partsOf(date: string): DateParts {
  return { year: Number(date.slice(0, 4)), month: Number(date.slice(5, 7)), day: Number(date.slice(8, 10)) };
}

export function addDays(date: string, days: number): string {
  return dateOfDay(dayNumber(date) + days);
}

/** Days of a span, both ends counted; 0 when it ends before it begins. */
export function daysIn({ from, to }: DateSpan): number {
  return Math.max(0, dayNumber(to) - dayNumber(from) + 1);
}

export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

export function dateOf(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** The same day some months away; the last of the month where there is no such day. */
export function addMonths(date: string, months: number): string {
  const { year, month, day } = partsOf(date);
  const index = year * 12 + month - 1 + months;
  const toYear = Math.floor(index / 12);
  const toMonth = (index % 12) + 1;
  return dateOf(toYear, toMonth, Math.min(day, daysInMonth(toYear, toMonth)));
}

export function endOfMonth(date: string): string {
  const { year, month } = partsOf(date);
  return dateOf(year, month, daysInMonth(year, month));
}

export function isEndOfMonth(date: string): boolean {
  return date === endOfMonth(date);
}

/** 1 Monday ... 7 Sunday. */
export function isoWeekday(date: string): number {
  // 1970-01-01 was a Thursday.
  return ((((dayNumber(date) + 3) % 7) + 7) % 7) + 1;
}

/** ISO 8601 week: the week of a Thursday belongs to the Thursday's year. */
export function isoWeek(date: string): { readonly year: number; readonly week: number } {
  const thursday = addDays(date, 4 - isoWeekday(date));
  const { year } = partsOf(thursday);
  return { year, week: Math.floor((dayNumber(thursday) - dayNumber(dateOf(year, 1, 1))) / 7) + 1 };
}

/** 52 or 53: the 28th of December is always in the last week. */
export function isoWeeksInYear(year: number): number {
  return isoWeek(dateOf(year, 12, 28)).week;
}

/** Monday of an ISO week. */
export function mondayOf(year: number, week: number): string {
  const fourth = dateOf(year, 1, 4);
  return addDays(fourth, 1 - isoWeekday(fourth) + (week - 1) * 7);
}

export function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

export function later(a: string, b: string): string {
  return a > b ? a : b;
}
