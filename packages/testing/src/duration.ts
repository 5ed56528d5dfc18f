import { testingErrors } from "./errors.js";

/** Virtual time: milliseconds, a text (`"250ms"`, `"5m"`, `"1h30m"`, `"1.5s"`), or its parts. */
export type Duration = number | string | { readonly days?: number; readonly hours?: number; readonly minutes?: number; readonly seconds?: number; readonly ms?: number };

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a duration.
 *
 * @throws HTL_TESTING_DURATION for what is none, is negative or not finite
 */
export function milliseconds(duration: Duration): number {
  const ms = measure(duration);
  if (!Number.isFinite(ms) || ms < 0) throw testingErrors.DURATION(JSON.stringify(duration) ?? "undefined");
  return ms;
}

function measure(duration: Duration): number {
  if (typeof duration === "number") return duration;
  if (typeof duration === "object" && duration !== null) {
    const { days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0, ...unknown } = duration;
    return Object.keys(unknown).length > 0 ? NaN : days * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000 + ms;
  }
  if (typeof duration !== "string" || !/^(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$/.test(duration)) return NaN;
  let sum = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g)) sum += Number(amount) * (UNITS[unit as string] as number);
  return sum;
}
