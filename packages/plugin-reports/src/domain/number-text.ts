import type { ReportCell } from "../contract.js";

export const NONE = "—";

/** Half away from zero, as on paper. What floating point adds in the 15th digit does not count. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  const scaled = Math.abs(value) * factor;
  const result = Math.floor(scaled + 0.5 + scaled * 1e-14) / factor;
  return value < 0 && result !== 0 ? -result : result;
}

/** `12,803`, `-0.3`. */
export function grouped(value: number, decimals: number): string {
  const [whole = "0", fraction] = Math.abs(value).toFixed(decimals).split(".");
  return `${value < 0 ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** A figure; per cent carries its sign, other units stand above the column. */
export function cellOf(value: number | null, unit: string, decimals: number): ReportCell {
  if (value === null) return { value: null, text: NONE };
  const shown = rounded(value, decimals);
  return { value: shown, text: `${grouped(shown, decimals)}${unit === "%" ? "%" : ""}` };
}

/** `+970`, `0`, `-12`. */
export function signed(value: number, decimals: number): string {
  const shown = rounded(value, decimals);
  return `${shown > 0 ? "+" : ""}${grouped(shown, decimals)}`;
}

/** On cards: `1.28 万`, `1.03 亿` from ten thousand on. */
export function short(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (size >= 1e8) return `${grouped(rounded(value / 1e8, 2), 2)} 亿`;
  if (size >= 1e4) return `${grouped(rounded(value / 1e4, 2), 2)} 万`;
  return grouped(rounded(value, decimals), decimals);
}
