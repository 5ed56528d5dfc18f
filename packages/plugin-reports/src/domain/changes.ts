import type { Measure, ReportCell, ReportChange } from "../contract.js";
import { isRate } from "./figures.js";
import { cellOf, NONE, rounded, signed } from "./number-text.js";

/** Of fewer than so many the percentage says more than there is. */
const SMALL_BASE = 30;

/** To the digits that are shown. */
const EVEN = "持平";
const nothing: ReportCell = { value: null, text: NONE };

/** This figure against another of the same kind. Rates differ by percentage points; nothing is divided by 0. */
export function changeOf(measure: Measure, value: number | null, base: number | null): ReportChange {
  const decimals = measure.decimals ?? 0;
  const baseCell = cellOf(base, measure.unit, decimals);
  if (value === null || base === null) return { base: baseCell, delta: nothing, ratio: nothing, tone: "neutral", text: NONE };
  const difference = value - base;
  const delta: ReportCell = { value: rounded(difference, decimals), text: signed(difference, decimals) };
  const tone = toneOf(measure, rounded(difference, decimals));
  const even = delta.value === 0;
  if (isRate(measure)) return { base: baseCell, delta: { ...delta, text: `${delta.text} 百分点` }, ratio: nothing, tone, text: even ? EVEN : `${delta.text} 百分点` };
  if (base === 0) return { base: baseCell, delta, ratio: nothing, tone, text: NONE };
  const share = (difference / base) * 100;
  const ratio: ReportCell = { value: rounded(share, 1), text: `${signed(share, 1)}%` };
  // Waits and durations are no counts: their size says nothing of how many there were.
  const small = measure.unit !== "秒" && Math.abs(base) < SMALL_BASE;
  if (even) return { base: baseCell, delta, ratio, tone, text: EVEN };
  return { base: baseCell, delta, ratio, tone, text: small ? `${delta.text}（基数小）` : `${ratio.text}（${delta.text}）` };
}

function toneOf({ better }: Measure, difference: number): ReportChange["tone"] {
  if (better === undefined || difference === 0) return "neutral";
  return difference > 0 === (better === "up") ? "better" : "worse";
}
