import type { ReportCalendar, SpanName } from "../src/contract.js";

export const SPANS: readonly SpanName[] = ["today", "yesterday", "thisMonth", "lastMonth", "thisQuarter", "lastQuarter", "thisYear", "lastYear"];

/** A name, `default` where the address says nothing, `own` for what was chosen by hand. */
export type SpanChoice = SpanName | "default" | "own";

/** Which name the dates have. */
export function nameOfSpan(from: string | undefined, to: string | undefined, { spans }: ReportCalendar): SpanChoice {
  if (from === undefined || to === undefined) return "default";
  return SPANS.find((name) => spans[name].from === from && spans[name].to === to) ?? "own";
}
