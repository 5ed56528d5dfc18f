import { partsOf } from "./calendar-date.js";
import type { DateSpan } from "./calendar-date.js";

/**
 * Day 1 of month 1 of the Chinese calendar, from 2000 on, as published by the almanac (GB/T 33661). Written down because what
 * computes it in JavaScript is a day late where the new moon comes shortly before midnight (2027).
 */
const FESTIVALS = `
02-05 01-24 02-12 02-01 01-22 02-09 01-29 02-18 02-07 01-26
02-14 02-03 01-23 02-10 01-31 02-19 02-08 01-28 02-16 02-05
01-25 02-12 02-01 01-22 02-10 01-29 02-17 02-06 01-26 02-13
02-03 01-23 02-11 01-31 02-19 02-08 01-28 02-15 02-04 01-24 02-12`
  .trim()
  .split(/\s+/);
const FIRST_YEAR = 2000;

/** The Spring Festival of a year, as far as the table goes (2040). */
export function springFestival(year: number): string | undefined {
  const day = FESTIVALS[year - FIRST_YEAR];
  return day === undefined ? undefined : `${year}-${day}`;
}

/** 节日错月: two spans that are compared hold the Spring Festival in different months, or only one of them holds it. */
export function festivalShift(span: DateSpan, compared: DateSpan): string | undefined {
  const [now, then] = [festivalsIn(span), festivalsIn(compared)];
  const months = (festivals: readonly string[]): string => festivals.map((date) => date.slice(5, 7)).join();
  if (months(now) === months(then)) return undefined;
  const name = (date: string): string => `${partsOf(date).year}年${partsOf(date).month}月${partsOf(date).day}日`;
  const about = new Set([...now, ...then].flatMap((date) => [partsOf(date).year]));
  for (const each of [span, compared]) about.add(partsOf(each.from).year);
  return `春节错月：${[...about].sort().flatMap((year) => springFestival(year) ?? []).map(name).join("、")}，对比时应考虑`;
}

function festivalsIn(span: DateSpan): readonly string[] {
  const found: string[] = [];
  for (let year = partsOf(span.from).year; year <= partsOf(span.to).year; year++) {
    const date = springFestival(year);
    if (date !== undefined && date >= span.from && date <= span.to) found.push(date);
  }
  return found;
}
