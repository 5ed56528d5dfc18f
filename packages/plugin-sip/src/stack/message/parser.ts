import { isAscii, isUtf8 } from "node:buffer";
import { SipParseError } from "../errors.js";
import { isLws, isToken, parseNumber } from "../grammar/chars.js";
import { canonicalName } from "../grammar/header-names.js";
import { parseViaLoosely } from "../grammar/via.js";
import { SipHeaders } from "./headers.js";
import { type AnySipMessage, EMPTY_BODY, SipRequest, SipResponse } from "./message.js";

/** Why a request that could be read cannot be served. */
export interface Problem {
  readonly status: number;
  readonly reason: string;
}

/**
 * - `message` without `problem`: fit for use; Via, From, To, Call-ID, CSeq and the Request-URI are valid.
 * - `message` with `problem`: a request to be refused with that status; its Via tells where to, the other headers of a reply may be missing.
 * - neither: `garbage` says why it has to be dropped in silence.
 */
export type ParsedMessage =
  | { readonly message: AnySipMessage; readonly problem: Problem | undefined; readonly garbage?: undefined }
  | { readonly message: undefined; readonly problem?: undefined; readonly garbage: string };

/** Bounds of one message. */
export interface ParserLimits {
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");
/** Headers that may stand only once in a message the stack relies on. */
const SINGLE = ["from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"];
/** More would only serve to exhaust. Call-ID, tags and branch are kept for the life of a transaction. */
const MAX_ID_LENGTH = 1024;
/** A Call-ID has no quotes that mean anything, and so nothing escaped (section 25.1, callid). */
const NO_WORD = /[ \p{Cc}]/u;

const garbage = (why: string): ParsedMessage => ({ message: undefined, garbage: why });

/** Reads one message: a datagram, or what the framer cut out of a stream. Never throws. */
export function parseMessage(bytes: Buffer, limits: ParserLimits): ParsedMessage {
  let start = 0;
  while (start < bytes.length && (bytes[start] === 0x0d || bytes[start] === 0x0a)) start++;
  const first = bytes[start];
  // STUN, RTP and TLS begin with bytes no SIP message can begin with.
  if (first === undefined || first < 0x21 || first > 0x7e) return garbage(first === undefined ? "empty" : "no SIP message");
  const found = bytes.indexOf(HEAD_END, start);
  const headEnd = found < 0 ? bytes.length : found;
  let problem: Problem | undefined;
  if (found < 0) problem = { status: 400, reason: "Missing end of headers" };
  if (headEnd - start > limits.maxHeadBytes) return garbage("head too large");
  const raw = bytes.subarray(start, headEnd);
  const ascii = isAscii(raw);
  const latin1 = !ascii && !isUtf8(raw);
  if (latin1) problem ??= { status: 400, reason: "Headers are not UTF-8" };
  const head = ascii || latin1 ? raw.toString("latin1") : raw.toString("utf8");

  let lineEnd = head.indexOf("\r\n");
  if (lineEnd < 0) lineEnd = head.length;
  const startLine = head.slice(0, lineEnd);
  const headers = new SipHeaders();
  // Read in any case: the reply to a faulty request needs its headers.
  const inHeaders = readHeaders(head, lineEnd + 2, headers, limits.maxHeaders);
  problem ??= inHeaders;
  let body = EMPTY_BODY;
  if (found >= 0) {
    const available = bytes.length - headEnd - 4;
    let length = available;
    const declared = headers.get("content-length");
    if (declared !== undefined) {
      try {
        length = parseNumber(declared, 0x7fffffff, "Content-Length");
      } catch {
        problem ??= { status: 400, reason: "Bad Content-Length" };
        length = 0;
      }
      if (length > available) problem ??= { status: 400, reason: "Body is shorter than Content-Length" };
    }
    // What a datagram holds beyond Content-Length is discarded (RFC 3261 section 18.3).
    if (length > 0 && available > 0) body = bytes.subarray(headEnd + 4, headEnd + 4 + Math.min(length, available));
  }
  if (/^SIP\/\d/i.test(startLine)) return readResponse(startLine, headers, body, latin1, problem);
  return readRequest(startLine, headers, body, latin1, problem);
}

function readHeaders(head: string, from: number, headers: SipHeaders, maxHeaders: number): Problem | undefined {
  let problem: Problem | undefined;
  let at = from;
  let fields = 0;
  while (at < head.length) {
    // Lines that are no fields count, too: each is searched up to the end of the head for what it lacks.
    if (fields++ >= maxHeaders) return problem ?? { status: 513, reason: "Too many headers" };
    let newline = head.indexOf("\n", at);
    if (newline < 0) newline = head.length + 1;
    let end = newline - 1;
    const carriage = head.indexOf("\r", at);
    if (newline <= head.length && carriage !== end) problem ??= { status: 400, reason: "Bad line end in headers" };
    else if (newline > head.length && carriage >= 0) problem ??= { status: 400, reason: "Bad line end in headers" };
    let folded = false;
    while (newline + 1 < head.length && isLws(head.charCodeAt(newline + 1))) {
      folded = true;
      const next = head.indexOf("\n", newline + 1);
      newline = next < 0 ? head.length + 1 : next;
      end = newline - 1;
    }
    const colon = head.indexOf(":", at);
    if (colon <= at || colon > end) problem ??= { status: 400, reason: "Header without name" };
    else {
      let nameEnd = colon;
      while (nameEnd > at && isLws(head.charCodeAt(nameEnd - 1))) nameEnd--;
      let value = withoutLws(head, colon + 1, end);
      if (folded) value = unfolded(value);
      // Left in, it would end a line of ours for a peer that takes a lone CR or LF for one.
      if (value.indexOf("\r") >= 0 || value.indexOf("\n") >= 0) {
        problem ??= { status: 400, reason: "Bad line end in headers" };
        value = value.replace(/[\r\n]+/g, " ").trim();
      }
      // NUL may stand in a quoted pair (section 25.1), nowhere else.
      if (value.indexOf("\0") >= 0 && /(?:^|[^\\])\0/.test(value)) problem ??= { status: 400, reason: "Bad character in header" };
      const rawName = head.slice(at, nameEnd);
      const name = canonicalName(rawName);
      if (!isToken(rawName)) problem ??= { status: 400, reason: "Bad header name" };
      headers.append(name, value);
    }
    at = newline + 1;
  }
  return problem;
}

/** Text from `start` to `end` without the white space at both ends. */
function withoutLws(text: string, start: number, end: number): string {
  let from = start;
  while (from < end && isLws(text.charCodeAt(from))) from++;
  let to = end;
  while (to > from && isLws(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** Lines of a folded value joined by one space each (section 7.3.1). Not by a pattern, whose time would grow with the square of a run of spaces. */
function unfolded(value: string): string {
  return value
    .split("\r\n")
    .map((line) => withoutLws(line, 0, line.length))
    .filter((line) => line !== "")
    .join(" ");
}

function readRequest(line: string, headers: SipHeaders, body: Buffer, latin1: boolean, early: Problem | undefined): ParsedMessage {
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  const method = line.slice(0, first);
  if (first <= 0 || !isToken(method)) return garbage("bad start line");
  let problem = early;
  const version = line.slice(last + 1);
  let uri = line.slice(first + 1, last);
  if (last <= first || !/^SIP\/\d+\.\d+$/i.test(version)) {
    if (!/SIP\//i.test(line)) return garbage("bad start line");
    problem ??= { status: 400, reason: "Bad request line" };
    uri = line.slice(first + 1).trim();
  } else if (version !== "SIP/2.0" && version.toUpperCase() !== "SIP/2.0") problem ??= { status: 505, reason: "Version Not Supported" };
  const request = new SipRequest(method, uri, headers, body);
  request.latin1 = latin1;
  if (!headers.has("via")) return garbage("missing Via");
  const unreadable = checkReplyable(request);
  if (unreadable === "bad Via") {
    try {
      request.assumeVia(parseViaLoosely(headers.get("via") as string));
    } catch {
      return garbage(unreadable);
    }
  }
  if (unreadable !== undefined) problem ??= { status: 400, reason: capitalised(unreadable) };
  problem ??= checkRequest(request);
  return { message: request, problem };
}

function readResponse(line: string, headers: SipHeaders, body: Buffer, latin1: boolean, problem: Problem | undefined): ParsedMessage {
  const match = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?$/i.exec(line);
  if (match === null) return garbage("bad status line");
  if (problem !== undefined) return garbage(problem.reason);
  const response = new SipResponse(Number(match[1]), match[2] ?? "", headers, body);
  response.latin1 = latin1;
  const unreadable = checkReplyable(response) ?? repeated(headers);
  if (unreadable !== undefined) return garbage(unreadable);
  try {
    void response.from;
    void response.to;
    void response.cseq;
  } catch (error) {
    return garbage((error as Error).message);
  }
  return { message: response, problem: undefined };
}

/** What no message can do without (section 8.1.1). A request without it is refused with what there is (RFC 4475 section 3.3.1). */
function checkReplyable(message: AnySipMessage): string | undefined {
  const { headers } = message;
  try {
    void message.via;
  } catch {
    return "bad Via";
  }
  return headers.has("from") && headers.has("to") && headers.has("call-id") && headers.has("cseq") ? undefined : "missing mandatory header";
}

function repeated(headers: SipHeaders): string | undefined {
  for (const name of SINGLE) if (headers.repeats(name)) return `Repeated ${name}`;
  return undefined;
}

function checkRequest(request: SipRequest): Problem | undefined {
  const again = repeated(request.headers);
  if (again !== undefined) return { status: 400, reason: again };
  try {
    // A Request-URI has no headers (section 19.1.1).
    if (request.parsedUri().headers !== undefined) return { status: 400, reason: "Headers in the Request-URI" };
    const callId = request.callId;
    if (callId.length === 0 || callId.length > MAX_ID_LENGTH || NO_WORD.test(callId)) return { status: 400, reason: "Bad Call-ID" };
    const fromTag = request.from.tag;
    if (fromTag === undefined || fromTag.length > MAX_ID_LENGTH) return { status: 400, reason: "Missing From tag" };
    if ((request.to.tag?.length ?? 0) > MAX_ID_LENGTH) return { status: 400, reason: "Bad To tag" };
    if (request.cseq.method !== request.method) return { status: 400, reason: "CSeq does not match the method" };
    if ((request.via.params.get("branch")?.length ?? 0) > MAX_ID_LENGTH) return { status: 400, reason: "Bad Via branch" };
    const maxForwards = request.headers.get("max-forwards");
    if (maxForwards !== undefined) parseNumber(maxForwards, 255, "Max-Forwards");
  } catch (error) {
    return { status: error instanceof SipParseError ? error.status : 400, reason: capitalised((error as Error).message) };
  }
  return undefined;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
