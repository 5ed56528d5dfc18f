import { SipError } from "../errors.js";
import { canonicalName } from "../grammar/header-names.js";
import { buildResponse } from "../message/build.js";
import { type AnySipMessage, EMPTY_BODY, type SipRequest, type SipResponse } from "../message/message.js";
import type { UaContext } from "./context.js";
import type { BodyOptions, ExtraHeaders, IncomingRequest, ResponseOptions } from "./session-types.js";

/** What the stack sets itself; a value from outside would break transactions or dialogs. */
const RESERVED = new Set(["via", "from", "to", "call-id", "cseq", "content-length", "record-route", "route", "max-forwards"]);

/** Adds the application's headers. Throws `SipError` (`SIP_INVALID_HEADER`). */
export function applyHeaders(message: AnySipMessage, extra: ExtraHeaders | undefined, contactAllowed: boolean): void {
  if (extra === undefined) return;
  for (const name of Object.keys(extra)) {
    const canonical = canonicalName(name);
    if (RESERVED.has(canonical) || (canonical === "contact" && !contactAllowed)) throw new SipError("SIP_INVALID_HEADER", `${name} is set by the stack`, { header: name });
    const value = extra[name];
    if (value === undefined) continue;
    if (typeof value === "string") message.headers.set(name, value);
    else {
      message.headers.remove(name);
      for (const one of value) message.headers.add(name, one);
    }
  }
}

/** Adds body and headers of the application. Throws `SipError` (`SIP_INVALID_HEADER`). */
export function applyBody(message: AnySipMessage, options: BodyOptions | undefined, contactAllowed = false): void {
  if (options === undefined) return;
  const { body } = options;
  message.body = body === undefined ? EMPTY_BODY : typeof body === "string" ? Buffer.from(body, "utf8") : body;
  if (message.body.length > 0) message.headers.set("content-type", options.contentType ?? "application/sdp");
  applyHeaders(message, options.headers, contactAllowed);
}

/** A response of ours as the application described it. Throws `SipError` (`SIP_INVALID_HEADER`). */
export function makeResponse(context: UaContext, request: SipRequest, options: ResponseOptions, toTag: string | undefined): SipResponse {
  const { status, reason } = options;
  if (!Number.isInteger(status) || status < 100 || status > 699) throw new SipError("SIP_INVALID_STATE", `no SIP status: ${status}`);
  if (reason !== undefined && /[\r\n\0]/.test(reason)) throw new SipError("SIP_INVALID_HEADER", "line break in reason phrase");
  const response = buildResponse(request, status, reason, status === 100 ? undefined : toTag);
  const { headers } = response;
  headers.append("server", context.userAgentHeader);
  // What is refused so is not allowed here, though others may.
  if (status === 405) headers.append("allow", context.allow.split(", ").filter((method) => method !== request.method).join(", "));
  if (options.retryAfter !== undefined) headers.append("retry-after", String(Math.max(0, Math.ceil(options.retryAfter))));
  applyBody(response, options, true);
  return response;
}

/** Option tags in Require that are not understood (RFC 3261 section 8.2.2.3). A malformed Require counts as one that is not. */
export function unsupportedOptions(request: SipRequest, supported: readonly string[]): string[] {
  if (!request.headers.has("require")) return [];
  try {
    return request.headers.tokens("require").filter((tag) => !supported.includes(tag.toLowerCase()));
  } catch {
    return ["unknown"];
  }
}

/** Answers what an early dialog has no use for. Not by 481 where the dialog is there: that would end it for a careful peer (RFC 5057 section 5.1). */
export function refuseEarly(context: UaContext, incoming: IncomingRequest): void {
  const { method } = incoming.request;
  if (method === "OPTIONS") incoming.respond({ status: 200, headers: { Allow: context.allow } });
  else if (method === "INFO") incoming.respond({ status: 200 });
  else incoming.respond({ status: method === "NOTIFY" || method === "PRACK" || method === "BYE" ? 481 : 405 });
}
