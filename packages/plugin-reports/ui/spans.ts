import type { DateSpan } from "../src/domain/calendar-date.js";
import { addDays, addMonths } from "../src/domain/calendar-date.js";
import { periodOf } from "../src/domain/periods.js";

export const SPAN_NAMES = ["default", "today", "yesterday", "thisMonth", "lastMonth", "thisQuarter", "lastQuarter", "thisYear", "lastYear", "own"] as const;
export type SpanName = (typeof SPAN_NAMES)[number];

/** The dates behind a name, for the server's today; none for the default and what is chosen by hand. */
export function namedSpan(name: SpanName, today: string): DateSpan | undefined {
  switch (name) {
    case "today":
      return { from: today, to: today };
    case "yesterday":
      return { from: addDays(today, -1), to: addDays(today, -1) };
    case "thisMonth":
      return periodOf(today, "month").natural;
    case "lastMonth":
      return periodOf(addMonths(today, -1), "month").natural;
    case "thisQuarter":
      return periodOf(today, "quarter").natural;
    case "lastQuarter":
      return periodOf(addMonths(today, -3), "quarter").natural;
    case "thisYear":
      return periodOf(today, "year").natural;
    case "lastYear":
      return periodOf(addMonths(today, -12), "year").natural;
    default:
      return undefined;
  }
}

/** Which name the dates have. */
export function nameOfSpan(span: Partial<DateSpan>, today: string): SpanName {
  if (span.from === undefined || span.to === undefined) return "default";
  return SPAN_NAMES.find((name) => namedSpan(name, today)?.from === span.from && namedSpan(name, today)?.to === span.to) ?? "own";
}
