import { maskPhone } from "@hotlinejs/core";

/**
 * Telephone numbers as they are written: mobile ones, those with an area code or a country code. Runs of digits within words and ids (UUIDs, hashes,
 * serial numbers of twelve digits) are none.
 */
const NUMBER = /(?<![\w+-])(?:(?:\+?86|0086)?1[3-9]\d{9}|0\d{9,11}|\+\d{8,15})(?![\w-])/g;

/** A copy of JSON in whose texts telephone numbers are masked; keys stay. */
export function maskNumbersIn(value: unknown): unknown {
  if (typeof value === "string") return value.replace(NUMBER, maskPhone);
  if (Array.isArray(value)) return value.map(maskNumbersIn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskNumbersIn(inner)]));
}
