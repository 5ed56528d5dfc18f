import type { DtmfDigit } from "@hotlinejs/core";

const DIGITS = "0123456789*#ABCD";

/** One that tells a key is short; the pattern's time grows with the square of the length. */
const MOST_BODY = 1_024;

/**
 * The key in an INFO body: `application/dtmf-relay` (`Signal=5`, `Duration=160`) or `application/dtmf`
 * (`5`). Some phones write the events of RFC 4733 as numbers: 10 is `*`, 11 is `#`. `undefined`: no key.
 */
export function dtmfOfInfo(contentType: string, body: string): DtmfDigit | undefined {
  if (body.length > MOST_BODY) return undefined;
  const text = contentType === "application/dtmf-relay" ? (/^\s*signal\s*=\s*([0-9*#A-Da-d]{1,2})\s*$/im.exec(body)?.[1] ?? "") : contentType === "application/dtmf" ? body.trim() : "";
  const key = /^1[0-5]$/.test(text) ? DIGITS.charAt(Number(text)) : text.toUpperCase();
  return key.length === 1 && DIGITS.includes(key) ? (key as DtmfDigit) : undefined;
}

/** The body of an INFO (`application/dtmf-relay`) that sends this key; `undefined`: it is none. */
export function infoOfDtmf(key: string): string | undefined {
  const digit = key.toUpperCase();
  return digit.length === 1 && DIGITS.includes(digit) ? `Signal=${digit}\r\nDuration=160\r\n` : undefined;
}
