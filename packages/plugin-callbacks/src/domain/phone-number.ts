import { maskPhone } from "@hotlinejs/core";

/** Digits of a number as sent by the network or typed, without the country code of China. Empty: no number at all. */
export function normaliseNumber(number: string): string {
  const digits = number.replace(/[^\d]/g, "");
  return digits.replace(/^(?:00)?86(?=1\d{10}$|0?[2-9]\d{8,10}$)/, "");
}

/** What people put between digits: blanks, hyphens and dots of all widths, brackets. */
const WRITTEN = /^\+?[\d\s().·\-‐-―－]+$/;

/** The number as it is dialled, from a list that people have typed (full-width digits too); `undefined`: that cannot be called. */
export function callableNumber(text: string, minDigits: number): string | undefined {
  const written = text.normalize("NFKC").trim();
  if (!WRITTEN.test(written)) return undefined;
  const number = normaliseNumber(written);
  return number.length >= minDigits && number.length <= 15 ? number : undefined;
}

/** The number of an address such as `tel:13800138000` or `sip:13800138000@trunk`; empty: none. */
export function numberOfAddress(address: string): string {
  return normaliseNumber(address.replace(/^[a-z][a-z0-9+.-]*:/i, "").replace(/[@;?].*$/, ""));
}

/** The same for all spellings of one telephone: lists and networks write the 0 before an area code, or before a mobile number, or do not. */
export function telephoneOf(number: string): string {
  return number.replace(/^86(?=10\d{8}$)/, "").replace(/^0(?=[1-9])/, "");
}

/** How the number of one telephone may be kept, as `normaliseNumber` gives it; the one that is given first. */
export function spellings(number: string): readonly string[] {
  const telephone = telephoneOf(number);
  return [...new Set([number, telephone, `0${telephone}`, ...(/^10\d{8}$/.test(telephone) ? [`86${telephone}`] : [])])];
}

/** The ways the network may write a number that is kept as `normaliseNumber` gives it. */
export function writtenForms(number: string): readonly string[] {
  return spellings(number).flatMap((each) => [each, `+86${each}`, `86${each}`, `0086${each}`]);
}

/** `138****8000`, `0573-8888****`: enough to recognise, not enough to dial. */
export function maskNumber(number: string): string {
  return number.length < 8 ? "*".repeat(number.length) : maskPhone(number);
}
