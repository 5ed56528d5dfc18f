/** Digits without the country code of China. Empty: no number at all. */
export function bareNumber(given: string): string {
  return given.replace(/\D/g, "").replace(/^(?:00)?86(?=1\d{10}$|0?[2-9]\d{8,10}$)/, "");
}

/**
 * The number as it is dialled: digits without the country code of China. `undefined` when it is none that may be called back.
 *
 * @param allowed patterns of whole numbers
 */
export function callbackNumber(given: string, allowed: readonly RegExp[]): string | undefined {
  const digits = bareNumber(given);
  return allowed.some((pattern) => pattern.test(digits)) ? digits : undefined;
}
