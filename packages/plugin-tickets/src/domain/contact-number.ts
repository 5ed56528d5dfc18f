import { maskPhone } from "@hotlinejs/core";

/** Digits of a number as keyed or sent by the network, without the country code of China. */
export function normaliseNumber(number: string): string {
  const digits = number.replace(/[^\d]/g, "");
  return digits.replace(/^(?:00)?86(?=1\d{10}$|0?[2-9]\d{8,10}$)/, "");
}

/** `138****8000`, `0573-8888****`: enough to recognise, not enough to dial. */
export function maskNumber(number: string): string {
  if (number.length >= 8) return maskPhone(number);
  if (number.length <= 4) return "*".repeat(number.length);
  return number.slice(0, 1) + "*".repeat(number.length - 3) + number.slice(-2);
}

/** `王**`. */
export function maskName(name: string): string {
  const [first = "", ...rest] = [...name];
  return first + "*".repeat(rest.length);
}

/** `w***@example.cn`. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf("@");
  return at < 1 ? "***" : `${[...address][0] ?? ""}***${address.slice(at)}`;
}
