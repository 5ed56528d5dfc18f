import { SipParseError } from "../errors.js";

/** Character classes of RFC 3261 section 25.1 as bits of one table over ASCII. */
const TOKEN = 1;
const UNRESERVED = 2;
const USER_EXTRA = 4;
const PARAM_EXTRA = 8;
const HEADER_EXTRA = 16;
const PASSWORD_EXTRA = 32;
const HEX = 64;
const DIGIT = 128;

const table = new Uint8Array(128);

function mark(chars: string, bit: number): void {
  for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)] = (table[chars.charCodeAt(i)] as number) | bit;
}

const ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
mark(`${ALNUM}-.!%*_+\`'~`, TOKEN);
mark(`${ALNUM}-_.!~*'()`, UNRESERVED);
mark("&=+$,;?/", USER_EXTRA);
mark("[]/:&+$", PARAM_EXTRA);
mark("[]/?:+$=&", HEADER_EXTRA);
mark("&=+$,", PASSWORD_EXTRA);
mark("0123456789abcdefABCDEF", HEX);
mark("0123456789", DIGIT);

const is = (code: number, bits: number): boolean => code < 128 && ((table[code] as number) & bits) !== 0;

export const isTokenChar = (code: number): boolean => is(code, TOKEN);
export const isDigit = (code: number): boolean => is(code, DIGIT);
export const isLws = (code: number): boolean => code === 0x20 || code === 0x09;

/** Whether the text is a non-empty token. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) if (!is(text.charCodeAt(i), TOKEN)) return false;
  return true;
}

/** Index of the first character at or after `at` that is no token character. */
export function skipToken(text: string, at: number): number {
  let i = at;
  while (i < text.length && is(text.charCodeAt(i), TOKEN)) i++;
  return i;
}

/** Index of the first character at or after `at` that is no white space. */
export function skipLws(text: string, at: number): number {
  let i = at;
  while (i < text.length && isLws(text.charCodeAt(i))) i++;
  return i;
}

/** Index after the closing quote of the quoted string that opens at `at` (RFC 3261 section 25.1, quoted-string). */
export function skipQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return i + 1;
  }
  throw new SipParseError("quoted string is not closed");
}

/** Content of a quoted string given with its quotes. */
export function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return inner.indexOf("\\") < 0 ? inner : inner.replace(/\\([\s\S])/g, "$1");
}

/** Text as a quoted string. Line breaks, which no quoted string may hold, become spaces. */
export function quote(text: string): string {
  return `"${text.replace(/[\r\n]+/g, " ").replace(/["\\]/g, "\\$&")}"`;
}

function checkEscaped(text: string, from: number, to: number, bits: number, what: string): void {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (is(code, bits)) continue;
    if (code === 0x25 && i + 2 < to && is(text.charCodeAt(i + 1), HEX) && is(text.charCodeAt(i + 2), HEX)) {
      i += 2;
      continue;
    }
    throw new SipParseError(`bad character in ${what}`);
  }
}

export const checkUser = (text: string, from: number, to: number): void => checkEscaped(text, from, to, UNRESERVED | USER_EXTRA, "user part");
export const checkPassword = (text: string, from: number, to: number): void => checkEscaped(text, from, to, UNRESERVED | PASSWORD_EXTRA, "password");
export const checkUriParam = (text: string, from: number, to: number): void => checkEscaped(text, from, to, UNRESERVED | PARAM_EXTRA, "URI parameter");
export const checkUriHeaders = (text: string, from: number, to: number): void => checkEscaped(text, from, to, UNRESERVED | HEADER_EXTRA, "URI headers");

/** Resolves %-escapes. Invalid UTF-8 stays escaped. */
export function unescapeUri(text: string): string {
  if (text.indexOf("%") < 0) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Escapes everything that may not stand in a user part. */
export function escapeUser(text: string): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    out += code < 128 && is(code, UNRESERVED | USER_EXTRA) ? char : code < 128 ? `%${code.toString(16).toUpperCase().padStart(2, "0")}` : encodeURIComponent(char);
  }
  return out;
}

/** A host as it may stand in a URI or Via: name, IPv4, or IPv6 in brackets. */
export function checkHost(host: string): void {
  const length = host.length;
  if (length === 0 || length > 255) throw new SipParseError("bad host");
  if (host.charCodeAt(0) === 0x5b) {
    if (!/^\[[0-9A-Fa-f:.]{2,45}\]$/.test(host)) throw new SipParseError("bad IPv6 reference");
    return;
  }
  for (let i = 0; i < length; i++) {
    const code = host.charCodeAt(i);
    // The underscore is not allowed by the grammar but common in internal host names.
    if (!(is(code, TOKEN) && (code >= 0x30 || code === 0x2d || code === 0x2e)) || code === 0x60 || code === 0x7e) throw new SipParseError("bad host");
  }
  if (host.charCodeAt(0) === 0x2e || host.charCodeAt(0) === 0x2d) throw new SipParseError("bad host");
}

/** A decimal number without sign between 0 and `max`. */
export function parseNumber(text: string, max: number, what: string): number {
  if (text.length === 0 || text.length > 20) throw new SipParseError(`bad ${what}`);
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) throw new SipParseError(`bad ${what}`);
    value = value * 10 + (code - 0x30);
  }
  if (value > max) throw new SipParseError(`bad ${what}`);
  return value;
}
