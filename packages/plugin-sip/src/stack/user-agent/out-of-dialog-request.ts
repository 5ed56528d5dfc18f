import { deferred } from "../deferred.js";
import { tagged } from "../dialog/dialog.js";
import { SipError } from "../errors.js";
import { isToken } from "../grammar/chars.js";
import { requireNameAddr } from "../grammar/name-addr.js";
import { uriUser } from "../grammar/uri.js";
import { SipHeaders } from "../message/headers.js";
import { SipRequest } from "../message/message.js";
import type { Destination } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { destinationsFor } from "./destinations.js";
import { applyBody } from "./message-parts.js";
import { RequestSender } from "./request-sender.js";
import type { RequestOutcome } from "./session-types.js";
import type { OutgoingRequestOptions } from "./types.js";

/** One request outside of any dialog (RFC 3261 section 8.1). */
export class OutOfDialogRequest {
  readonly #context: UaContext;
  readonly #options: OutgoingRequestOptions;
  readonly #nextSeq: () => number;
  readonly #contactMade: ((contact: string) => void) | undefined;

  /** Throws `SipError` for bad arguments. */
  constructor(context: UaContext, options: OutgoingRequestOptions, nextSeq?: () => number, contactMade?: (contact: string) => void) {
    if (!isToken(options.method) || options.method === "INVITE" || options.method === "ACK" || options.method === "CANCEL") throw new SipError("SIP_INVALID_STATE", `${options.method} cannot be sent this way`);
    if (options.callId !== undefined && !/^[^\s\0]+$/.test(options.callId)) throw new SipError("SIP_INVALID_HEADER", "bad Call-ID");
    this.#context = context;
    this.#options = options;
    let seq = (options.cseq ?? 1) - 1;
    this.#nextSeq = nextSeq ?? (() => ++seq);
    this.#contactMade = contactMade;
  }

  /** Sends to its end. Throws `SipError` for bad arguments, never rejects. */
  send(): Promise<RequestOutcome> {
    const context = this.#context;
    const options = this.#options;
    const from = requireNameAddr(options.from);
    const to = requireNameAddr(options.to ?? options.uri).partyString();
    for (const route of options.route ?? []) requireNameAddr(route);
    const fromValue = tagged(from, options.localTag ?? context.random.id(12));
    const callId = options.callId ?? context.random.id(24);
    const user = options.contactUser ?? uriUser(from.parsedUri());
    const destinations = destinationsFor(context, options);
    const outcome = deferred<RequestOutcome>();
    const build = (): SipRequest => {
      const headers = new SipHeaders();
      headers.append("max-forwards", String(options.maxForwards ?? 70));
      for (const route of options.route ?? []) headers.append("route", route);
      headers.append("from", fromValue);
      headers.append("to", to);
      headers.append("call-id", callId);
      headers.append("cseq", `${this.#nextSeq()} ${options.method}`);
      headers.append("user-agent", context.userAgentHeader);
      const request = new SipRequest(options.method, options.uri, headers);
      applyBody(request, options, true);
      return request;
    };
    // A wrong header shall throw here and not when the address has been found.
    applyBody(new SipRequest(options.method, options.uri), options, true);
    const prepare = (request: SipRequest, destination: Destination): void => {
      if (options.contact === false || request.headers.has("contact")) return;
      const contact = options.contact ?? `<${context.contactUri(user, destination)}>`;
      request.headers.set("contact", contact);
      this.#contactMade?.(contact);
    };
    new RequestSender(context, {
      build, prepare, destinations, pinned: options.destination !== undefined, onChallenge: options.onChallenge, challengeContext: options.context,
      user: { done: (result) => outcome.resolve(result) },
    }).start();
    return outcome.promise;
  }
}
