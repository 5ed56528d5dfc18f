import { isIPv6 } from "node:net";
import { SipError, SipParseError } from "../errors.js";
import { printable } from "../log.js";
import { checkHost, checkPassword, checkUriHeaders, checkUriParam, checkUser, parseNumber, unescapeUri } from "./chars.js";
import { Params } from "./params.js";

/** A URI (RFC 3261 section 19.1). For schemes other than sip and sips only `scheme` and `opaque` are filled. */
export interface SipUri {
  /** Lower case. */
  readonly scheme: string;
  /** As it stands, escapes kept. */
  readonly user?: string;
  readonly password?: string;
  /** As it stands, IPv6 with brackets. Empty for other schemes. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
  /** What follows `?`, as it stands. */
  readonly headers?: string;
  /** What follows the scheme, for other schemes. */
  readonly opaque?: string;
}

/** Parses a URI of any scheme. Throws `SipParseError`. */
export function parseUri(text: string): SipUri {
  const colon = text.indexOf(":");
  if (colon <= 0) throw new SipParseError("URI without scheme");
  let scheme = text.slice(0, colon);
  if (scheme !== "sip") {
    scheme = scheme.toLowerCase();
    if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) throw new SipParseError("bad URI scheme");
    if (scheme !== "sip" && scheme !== "sips") {
      const opaque = text.slice(colon + 1);
      if (!/^[\x21-\x3b\x3d\x3f-\x7e]+$/.test(opaque)) throw new SipParseError("bad URI");
      return { scheme, host: "", params: new Params(), opaque };
    }
  }
  let at = colon + 1;
  let user: string | undefined;
  let password: string | undefined;
  const userEnd = text.indexOf("@", at);
  if (userEnd >= 0) {
    const pass = text.indexOf(":", at);
    const split = pass >= 0 && pass < userEnd ? pass : userEnd;
    if (split === at) throw new SipParseError("empty user part");
    checkUser(text, at, split);
    user = text.slice(at, split);
    if (split < userEnd) {
      checkPassword(text, split + 1, userEnd);
      password = text.slice(split + 1, userEnd);
    }
    at = userEnd + 1;
  }
  const question = text.indexOf("?", at);
  const main = question < 0 ? text.length : question;
  let headers: string | undefined;
  if (question >= 0) {
    checkUriHeaders(text, question + 1, text.length);
    headers = text.slice(question + 1);
  }
  const semicolon = text.indexOf(";", at);
  const hostEnd = semicolon >= 0 && semicolon < main ? semicolon : main;
  const { host, port } = splitHostPort(text.slice(at, hostEnd));
  const params = new Params();
  for (let i = hostEnd; i < main; ) {
    const next = text.indexOf(";", i + 1);
    const end = next < 0 || next > main ? main : next;
    if (end === i + 1) throw new SipParseError("empty URI parameter");
    const equals = text.indexOf("=", i + 1);
    const nameEnd = equals >= 0 && equals < end ? equals : end;
    checkUriParam(text, i + 1, nameEnd);
    const name = paramName(text.slice(i + 1, nameEnd));
    if (name.length === 0) throw new SipParseError("empty URI parameter");
    if (nameEnd < end) checkUriParam(text, nameEnd + 1, end);
    // A repeated parameter makes the URI ambiguous (RFC 3261 section 19.1.1).
    if (params.has(name)) throw new SipParseError("repeated URI parameter");
    params.set(name, nameEnd < end ? text.slice(nameEnd + 1, end) : undefined);
    i = end;
  }
  return { scheme, user, password, host, port, params, headers };
}

/** `%6C%72` is `lr` (section 19.1.4); an escape that is needed stays. */
function paramName(text: string): string {
  const name = text.toLowerCase();
  if (name.indexOf("%") < 0) return name;
  return name.replace(/%([0-9a-f]{2})/g, (escape, hex: string) => {
    const char = String.fromCharCode(parseInt(hex, 16));
    return /[a-z0-9\-_.!~*'()]/i.test(char) ? char.toLowerCase() : escape;
  });
}

/** Splits `host[:port]`; IPv6 in brackets. Throws `SipParseError`. */
export function splitHostPort(text: string): { host: string; port: number | undefined } {
  let split = -1;
  if (text.charCodeAt(0) === 0x5b) {
    const close = text.indexOf("]");
    // As RFC 5954 corrected the grammar: what stands in brackets is an address.
    if (close < 0 || !isIPv6(text.slice(1, close))) throw new SipParseError("bad IPv6 reference");
    if (close + 1 < text.length) {
      if (text.charCodeAt(close + 1) !== 0x3a) throw new SipParseError("bad host");
      split = close + 1;
    }
  } else split = text.indexOf(":");
  const host = split < 0 ? text : text.slice(0, split);
  checkHost(host);
  if (split < 0) return { host, port: undefined };
  return { host, port: parseNumber(text.slice(split + 1), 65535, "port") };
}

/** Parses what the application gave; a fault is its own. Throws `SipError` with `SIP_INVALID_URI`. */
export function requireUri(text: string): SipUri {
  try {
    return parseUri(text);
  } catch (cause) {
    throw new SipError("SIP_INVALID_URI", `not a URI: ${printable(text)}`, {}, cause);
  }
}

/** A URI as text. */
export function formatUri(uri: SipUri): string {
  if (uri.opaque !== undefined) return `${uri.scheme}:${uri.opaque}`;
  const user = uri.user === undefined ? "" : uri.password === undefined ? `${uri.user}@` : `${uri.user}:${uri.password}@`;
  const port = uri.port === undefined ? "" : `:${uri.port}`;
  return `${uri.scheme}:${user}${uri.host}${port}${uri.params.toString()}${uri.headers === undefined ? "" : `?${uri.headers}`}`;
}

/** The user part with escapes resolved, or the number of a tel URI without visual separators. Empty when there is none. */
export function uriUser(uri: SipUri): string {
  if (uri.opaque !== undefined) {
    if (uri.scheme !== "tel") return "";
    const end = uri.opaque.indexOf(";");
    return (end < 0 ? uri.opaque : uri.opaque.slice(0, end)).replace(/[-.()]/g, "");
  }
  return uri.user === undefined ? "" : unescapeUri(uri.user);
}

const COMPARED = ["user", "ttl", "method", "maddr", "transport"];

/** Whether two URIs are the same (RFC 3261 section 19.1.4). */
export function uriEquals(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme) return false;
  if (a.opaque !== undefined || b.opaque !== undefined) return a.opaque === b.opaque;
  if (uriUser(a) !== uriUser(b) || a.password !== b.password || a.host.toLowerCase() !== b.host.toLowerCase() || a.port !== b.port) return false;
  for (const name of COMPARED) if (a.params.has(name) !== b.params.has(name)) return false;
  for (const [name, value] of a.params.entries()) {
    if (b.params.has(name) && unescapeUri(b.params.get(name) ?? "").toLowerCase() !== unescapeUri(value ?? "").toLowerCase()) return false;
  }
  const order = (text: string | undefined): string => (text ?? "").toLowerCase().split("&").sort().join("&");
  return order(a.headers) === order(b.headers);
}
