import type { SpanName } from "../contract.js";
import { addDays, addMonths } from "./calendar-date.js";
import type { DateSpan } from "./calendar-date.js";
import { periodOf } from "./periods.js";

/** What people call spans, as of a date. Those of now reach to the end of their period. */
export function namedSpans(today: string): Readonly<Record<SpanName, DateSpan>> {
  const yesterday = addDays(today, -1);
  return {
    today: { from: today, to: today },
    yesterday: { from: yesterday, to: yesterday },
    thisMonth: periodOf(today, "month").natural,
    lastMonth: periodOf(addMonths(today, -1), "month").natural,
    thisQuarter: periodOf(today, "quarter").natural,
    lastQuarter: periodOf(addMonths(today, -3), "quarter").natural,
    thisYear: periodOf(today, "year").natural,
    lastYear: periodOf(addMonths(today, -12), "year").natural,
  };
}
