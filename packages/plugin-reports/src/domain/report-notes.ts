import type { CompareKind } from "../contract.js";
import { addDays, daysIn } from "./calendar-date.js";
import { comparedBucket } from "./compare-spans.js";
import { periodLabel, spanLabel } from "./periods.js";
import type { ReportTimes } from "./report-rows.js";
import { festivalShift } from "./spring-festival.js";

export const COMPARE_NAMES: Readonly<Record<CompareKind, { readonly name: string; readonly base: string }>> = {
  year: { name: "同比", base: "上年同期" },
  previous: { name: "环比", base: "上期" },
};

/** Days at the beginning of a span on which nothing need have happened. */
const GRACE_DAYS = 7;

/**
 * What whoever reads the figures has to know.
 *
 * @param firstDate of what was counted in all spans, when there is anything
 */
export function timeNotes(times: ReportTimes, compare: readonly CompareKind[], byPeriod: boolean, takenAtText: string, firstDate?: string): readonly string[] {
  const notes: string[] = [];
  const { natural, span, today } = times;
  if (natural.to >= today) notes.push(`本期未结束：数据截至 ${takenAtText}${compare.length === 0 ? "" : "，对比取相同部分（今日按全日对比）"}`);
  for (const kind of compare) {
    const { name, base } = COMPARE_NAMES[kind];
    const compared = times[kind];
    if (daysIn(compared) !== daysIn(span)) notes.push(`${name}两期天数不等：本期 ${daysIn(span)} 天，${base} ${daysIn(compared)} 天（${spanLabel(compared)}）`);
    if (firstDate !== undefined && firstDate > addDays(compared.from, GRACE_DAYS)) notes.push(`${base}没有完整数据：最早的记录是 ${firstDate}`);
    if (kind === "year") {
      const shift = festivalShift(span, compared);
      if (shift !== undefined) notes.push(shift);
    }
    if (!byPeriod) continue;
    const alone = times.buckets.filter((bucket) => comparedBucket(bucket, kind) === undefined);
    if (alone.length > 0) notes.push(`${alone.map(periodLabel).join("、")}没有${base}`);
  }
  return notes;
}
