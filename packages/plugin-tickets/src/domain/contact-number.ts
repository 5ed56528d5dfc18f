/** Digits of a number as keyed or sent by the network, without the country code of China. */
export function normaliseNumber(number: string): string {
  const digits = number.replace(/[^\d]/g, "");
  return digits.replace(/^(?:00)?86(?=1\d{10}$|0?[2-9]\d{8,10}$)/, "");
}

/** `138****8000`: enough to recognise, not enough to dial. */
export function maskNumber(number: string): string {
  if (number.length <= 4) return "*".repeat(number.length);
  const tail = number.length >= 8 ? 4 : 2;
  const head = number.length >= 8 ? number.length - tail - 4 : 1;
  return number.slice(0, head) + "*".repeat(number.length - head - tail) + number.slice(-tail);
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
