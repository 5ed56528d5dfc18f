import { SipParseError } from "../errors.js";
import { parseNumber, skipLws } from "../grammar/chars.js";
import { splitList } from "../grammar/list.js";
import { type NameAddr, parseNameAddr } from "../grammar/name-addr.js";
import { type SipUri, parseUri } from "../grammar/uri.js";
import { type Via, parseVia } from "../grammar/via.js";
import { SipHeaders } from "./headers.js";
import { reasonPhrase } from "./reason-phrases.js";

/** Number and method of CSeq. */
export interface CSeq {
  readonly seq: number;
  readonly method: string;
}

export const EMPTY_BODY: Buffer = Buffer.alloc(0);

/**
 * What requests and responses share. Header values are parsed when first asked for and kept; asking for
 * a missing or malformed one throws `SipParseError`. Of a received message the stack has already read
 * Via, From, To, Call-ID and CSeq, so these never throw in a handler.
 */
abstract class SipMessage {
  readonly headers: SipHeaders;
  body: Buffer;
  /** The head came as bytes that are no UTF-8 and was read as Latin-1; it is written back the same way. */
  latin1 = false;
  #via: Via | undefined;
  #from: NameAddr | undefined;
  #to: NameAddr | undefined;
  #cseq: CSeq | undefined;

  constructor(headers: SipHeaders, body: Buffer) {
    this.headers = headers;
    this.body = body;
  }

  /** Topmost Via. */
  get via(): Via {
    return (this.#via ??= parseVia(firstElement(this.#require("via"))));
  }

  /** For a request that can only be refused, since its Via cannot be read: what its sender is answered by. */
  assumeVia(via: Via): void {
    this.#via = via;
  }

  get from(): NameAddr {
    return (this.#from ??= parseNameAddr(this.#require("from")));
  }

  get to(): NameAddr {
    return (this.#to ??= parseNameAddr(this.#require("to")));
  }

  get callId(): string {
    return this.#require("call-id");
  }

  get cseq(): CSeq {
    return (this.#cseq ??= parseCSeq(this.#require("cseq")));
  }

  /** Elements of Contact; `*` is not an address and is left out, see `headers.get("contact")`. */
  contacts(): NameAddr[] {
    const out: NameAddr[] = [];
    for (const element of this.headers.list("contact")) if (element !== "*") out.push(parseNameAddr(element));
    return out;
  }

  /** Media type without parameters in lower case; empty when missing. */
  get contentType(): string {
    const value = this.headers.get("content-type") ?? "";
    const end = value.indexOf(";");
    return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
  }

  /** Must be called when Via, From, To or CSeq was changed in `headers`. */
  forgetParsed(): void {
    this.#via = this.#from = this.#to = this.#cseq = undefined;
  }

  abstract startLine(): string;

  /** The message as text with its body as Latin-1, for traces. */
  toString(): string {
    return this.toBuffer().toString("latin1");
  }

  /** The message as it goes out. Content-Length is set here. */
  toBuffer(): Buffer {
    const length = this.body.length;
    const head = `${this.startLine()}\r\n${this.headers.toString()}Content-Length: ${length}\r\n\r\n`;
    const bytes = Buffer.from(head, this.latin1 ? "latin1" : "utf8");
    return length === 0 ? bytes : Buffer.concat([bytes, this.body]);
  }

  #require(name: string): string {
    const value = this.headers.get(name);
    if (value === undefined) throw new SipParseError(`missing ${name}`);
    return value;
  }
}

/** A request. */
export class SipRequest extends SipMessage {
  readonly method: string;
  /** Request-URI as it stands. */
  readonly uri: string;
  #parsedUri: SipUri | undefined;

  constructor(method: string, uri: string, headers: SipHeaders = new SipHeaders(), body: Buffer = EMPTY_BODY) {
    super(headers, body);
    this.method = method;
    this.uri = uri;
  }

  /** Throws `SipParseError`. */
  parsedUri(): SipUri {
    return (this.#parsedUri ??= parseUri(this.uri));
  }

  override startLine(): string {
    return `${this.method} ${this.uri} SIP/2.0`;
  }
}

/** A response. */
export class SipResponse extends SipMessage {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string = reasonPhrase(status), headers: SipHeaders = new SipHeaders(), body: Buffer = EMPTY_BODY) {
    super(headers, body);
    this.status = status;
    this.reason = reason;
  }

  override startLine(): string {
    return `SIP/2.0 ${this.status} ${this.reason}`;
  }
}

export type AnySipMessage = SipRequest | SipResponse;

/** Parses a CSeq value (RFC 3261 section 20.16: below 2^31). */
export function parseCSeq(text: string): CSeq {
  let end = 0;
  while (end < text.length && text.charCodeAt(end) !== 0x20 && text.charCodeAt(end) !== 0x09) end++;
  const method = text.slice(skipLws(text, end));
  if (method.length === 0 || method.indexOf(" ") >= 0) throw new SipParseError("bad CSeq");
  return { seq: parseNumber(text.slice(0, end), 0x7fffffff, "CSeq"), method };
}

function firstElement(text: string): string {
  return text.indexOf(",") < 0 ? text : (splitList(text)[0] as string);
}
