import { SipError, SipParseError } from "../errors.js";
import { printable } from "../log.js";
import { isTokenChar, isLws, quote, skipLws, skipQuoted, unquote } from "./chars.js";
import { Params, parseParams } from "./params.js";
import { type SipUri, parseUri } from "./uri.js";

/** An address with display name and header parameters: From, To, Contact, Route, Refer-To ... */
export class NameAddr {
  /** Without quotes, escapes resolved. Empty when missing. */
  readonly displayName: string;
  /** URI as it stands. */
  readonly uri: string;
  readonly params: Params;
  #parsed: SipUri | undefined;

  constructor(displayName: string, uri: string, params: Params = new Params()) {
    this.displayName = displayName;
    this.uri = uri;
    this.params = params;
  }

  /** Throws `SipParseError`. */
  parsedUri(): SipUri {
    return (this.#parsed ??= parseUri(this.uri));
  }

  get tag(): string | undefined {
    return this.params.get("tag");
  }

  /** Without parameters. */
  partyString(): string {
    return this.displayName.length === 0 ? `<${this.uri}>` : `${quote(this.displayName)} <${this.uri}>`;
  }

  toString(): string {
    return this.partyString() + this.params.toString();
  }
}

/** Parses name-addr or addr-spec with header parameters (RFC 3261 section 20.10). Throws `SipParseError`. The URI inside is not parsed yet. */
export function parseNameAddr(text: string): NameAddr {
  let i = skipLws(text, 0);
  let display = "";
  if (text.charCodeAt(i) === 0x22) {
    const end = skipQuoted(text, i);
    display = unquote(text.slice(i, end));
    i = skipLws(text, end);
    if (text.charCodeAt(i) !== 0x3c) throw new SipParseError("display name without address");
  } else {
    const open = text.indexOf("<", i);
    if (open >= 0) {
      let end = open;
      while (end > i && isLws(text.charCodeAt(end - 1))) end--;
      for (let k = i; k < end; k++) {
        const code = text.charCodeAt(k);
        // Letters beyond ASCII belong into quotes, but many phones send names without.
        if (!isTokenChar(code) && !isLws(code) && code < 0x80) throw new SipParseError("bad display name");
      }
      display = text.slice(i, end);
      i = open;
    }
  }
  if (text.charCodeAt(i) === 0x3c) {
    const close = text.indexOf(">", i);
    if (close < 0) throw new SipParseError("address is not closed");
    const uri = text.slice(i + 1, close);
    checkBare(uri);
    return new NameAddr(display, uri, parseParams(text, close + 1));
  }
  // addr-spec: parameters belong to the header, and a comma, question mark or semicolon in the URI is not allowed.
  const semicolon = text.indexOf(";", i);
  let end = semicolon < 0 ? text.length : semicolon;
  while (end > i && isLws(text.charCodeAt(end - 1))) end--;
  const uri = text.slice(i, end);
  checkBare(uri);
  if (uri.indexOf("?") >= 0 || uri.indexOf(",") >= 0) throw new SipParseError("URI needs angle brackets");
  return new NameAddr("", uri, semicolon < 0 ? new Params() : parseParams(text, semicolon));
}

function checkBare(uri: string): void {
  if (uri.indexOf(":") <= 0) throw new SipParseError("address without URI");
  for (let i = 0; i < uri.length; i++) {
    const code = uri.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f || code === 0x3c || code === 0x22) throw new SipParseError("bad character in URI");
  }
}

/** Parses a name-addr or URI given by the application. Unlike in a header, parameters of a bare URI stay with the URI. Throws `SipError` with `SIP_INVALID_URI`. */
export function requireNameAddr(text: string): NameAddr {
  try {
    const address = text.indexOf("<") < 0 ? new NameAddr("", text) : parseNameAddr(text);
    address.parsedUri();
    return address;
  } catch (cause) {
    throw new SipError("SIP_INVALID_URI", `not an address: ${printable(text)}`, {}, cause);
  }
}
