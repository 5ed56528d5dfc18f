import { SipParseError } from "../errors.js";
import { checkHost, isToken, parseNumber, skipLws, skipToken } from "./chars.js";
import { Params, parseParams } from "./params.js";

/** One Via element (RFC 3261 section 20.42). */
export interface Via {
  /** Upper case: `UDP`, `TCP`, `WS` ... */
  readonly transport: string;
  /** Sent-by host as it stands, IPv6 with brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
}

/** Parses one Via element. Throws `SipParseError`. */
export function parseVia(text: string): Via {
  let at: number;
  let transport: string;
  if (text.startsWith("SIP/2.0/UDP ")) {
    // By far the most common beginning.
    transport = "UDP";
    at = 12;
  } else {
    const first = text.indexOf("/");
    const second = first < 0 ? -1 : text.indexOf("/", first + 1);
    if (second < 0 || text.slice(0, first).trim().toUpperCase() !== "SIP" || text.slice(first + 1, second).trim() !== "2.0") throw new SipParseError("bad Via protocol");
    const start = skipLws(text, second + 1);
    at = skipToken(text, start);
    transport = text.slice(start, at).toUpperCase();
    const after = skipLws(text, at);
    if (!isToken(transport) || after === at) throw new SipParseError("bad Via transport");
    at = after;
  }
  at = skipLws(text, at);
  const semicolon = text.indexOf(";", at);
  const sentBy = text.slice(at, semicolon < 0 ? text.length : semicolon).trim();
  let host = sentBy;
  let port: number | undefined;
  const colon = sentBy.charCodeAt(0) === 0x5b ? sentBy.indexOf(":", sentBy.indexOf("]")) : sentBy.indexOf(":");
  if (colon >= 0) {
    host = sentBy.slice(0, colon).trimEnd();
    port = parseNumber(sentBy.slice(colon + 1).trimStart(), 65535, "Via port");
  }
  checkHost(host);
  return { transport, host, port, params: parseParams(text, semicolon < 0 ? text.length : semicolon) };
}

/** Longer ones that cannot be read are not looked at any closer: the pattern's time would grow with the square of a run of spaces. */
const MOST_LOOSE = 1_024;

/**
 * What is needed to answer the sender of a Via that cannot be read or is of another version of SIP (RFC 4475 sections
 * 3.1.2.1 and 3.1.2.16): transport, sent-by and, where there is one, the branch. Throws `SipParseError`.
 */
export function parseViaLoosely(value: string): Via {
  const text = value.slice(0, MOST_LOOSE);
  const match = /^\s*SIP\s*\/\s*[\d.]{1,8}\s*\/\s*([A-Za-z0-9-]{1,20})\s+([^\s;,:[\]]{1,255}|\[[^\]\s]{2,45}\])\s*(?::\s*(\d{1,5}))?\s*(?:[;,]|$)/i.exec(text);
  if (match === null) throw new SipParseError("bad Via");
  const [, transport = "", host = "", port] = match;
  checkHost(host);
  const params = new Params();
  const branch = /;\s*branch\s*=\s*([^\s;,"]{1,255})/i.exec(text)?.[1];
  if (branch !== undefined && isToken(branch)) params.set("branch", branch);
  return { transport: transport.toUpperCase(), host, ...(port === undefined ? {} : { port: parseNumber(port, 65535, "Via port") }), params };
}
