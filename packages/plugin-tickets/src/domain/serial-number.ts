/** Most tickets of one day. */
export const MAX_ORDER = 99_999;

/**
 * Serial number (流水号): YYMMDD of the business date, five digits of the day, Luhn check digit (ISO/IEC 7812-1
 * annex B). Digits only, so that it can be keyed.
 *
 * @param businessDate `YYYY-MM-DD`.
 * @param order 1 to 99999.
 */
export function makeSerial(businessDate: string, order: number): string {
  const body = businessDate.slice(2).replaceAll("-", "") + String(order).padStart(5, "0");
  return body + luhnDigit(body);
}

/** Twelve digits with a right check digit: finds every wrong digit and nearly every swap of neighbours. */
export function isSerial(text: string): boolean {
  return /^\d{12}$/.test(text) && luhnDigit(text.slice(0, 11)) === text.slice(11);
}

/** As spoken and printed: groups of 6, 5 and 1. */
export function groupSerial(serial: string): string {
  return `${serial.slice(0, 6)} ${serial.slice(6, 11)} ${serial.slice(11)}`;
}

export function luhnDigit(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const weighted = i % 2 === 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return String((10 - (sum % 10)) % 10);
}
