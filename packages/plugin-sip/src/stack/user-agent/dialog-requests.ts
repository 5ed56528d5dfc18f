import { deferred } from "../deferred.js";
import type { StackDialog } from "../dialog/dialog.js";
import { SipError } from "../errors.js";
import { isToken } from "../grammar/chars.js";
import { SipRequest, type SipResponse } from "../message/message.js";
import type { Destination, MessageSource } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { applyBody } from "./message-parts.js";
import { RequestSender } from "./request-sender.js";
import type { AckBuilder, BodyOptions, RequestOutcome } from "./session-types.js";
import type { ChallengeHandler } from "./types.js";

/** Requests that refresh the target and so carry Contact (RFC 3261 section 12.2, RFC 3311, 3515, 6665). */
const WITH_CONTACT = new Set(["INVITE", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY"]);

/** Answers the challenges of a call of ours, in its dialog too. */
export interface ChallengeAnswer {
  readonly onChallenge?: ChallengeHandler;
  readonly context?: unknown;
}

interface Sent {
  readonly bytes: Buffer;
  readonly destination: Destination;
}

/** Sends the requests of one dialog and acknowledges the 2xx to its re-INVITEs. */
export class DialogRequests {
  readonly #context: UaContext;
  readonly #dialog: StackDialog;
  readonly #challenge: ChallengeAnswer | undefined;
  readonly #senders = new Set<RequestSender>();

  /** `challenge`: who answers for this dialog, where it is not the user agent. */
  constructor(context: UaContext, dialog: StackDialog, challenge?: ChallengeAnswer) {
    this.#challenge = challenge;
    this.#context = context;
    this.#dialog = dialog;
  }

  /** Sends one request to its end. Never rejects. Throws `SipError` for headers that are not allowed. `built` sees each attempt's request. */
  send(method: string, options: BodyOptions, extra: { readonly ack?: AckBuilder; readonly built?: (request: SipRequest) => void; readonly retry?: (response: SipResponse) => boolean; readonly outlives?: boolean } = {}): Promise<RequestOutcome> {
    const context = this.#context;
    const dialog = this.#dialog;
    // A wrong header shall throw before anything has happened.
    applyBody(new SipRequest(method, "sip:probe.invalid"), options);
    const outcome = deferred<RequestOutcome>();
    const acks = new Map<string, Sent | undefined>();
    if (!isToken(method)) throw new SipError("SIP_INVALID_STATE", "not a method name");
    const build = (): SipRequest => {
      const request = dialog.createRequest(method);
      if (WITH_CONTACT.has(method)) request.headers.append("contact", `<${dialog.localTarget}>`);
      if (method === "INVITE" || method === "UPDATE") {
        request.headers.append("allow", context.allow);
        if (context.supported.length > 0) request.headers.append("supported", context.supported.join(", "));
      }
      request.headers.append("user-agent", context.userAgentHeader);
      applyBody(request, options);
      extra.built?.(request);
      return request;
    };
    const sender: RequestSender = new RequestSender(context, {
      build, destinations: [dialog.destination], retry: extra.retry, onChallenge: this.#challenge?.onChallenge, challengeContext: this.#challenge?.context,
      user: {
        success: (response, source, request) => this.#acknowledge(request, response, source, acks, outcome.settled ? undefined : extra.ack),
        done: (result) => {
          if (method === "UPDATE" && result.response !== undefined && result.source !== undefined && result.status < 300) dialog.refreshTarget(result.response, result.source, context.routing);
          outcome.resolve(result);
        },
        finished: () => this.#senders.delete(sender),
      },
    });
    if (extra.outlives !== true) this.#senders.add(sender);
    sender.start();
    return outcome.promise;
  }

  /** The session is over: everything still open settles. */
  abort(cause: "ended" | "stopped"): void {
    for (const sender of [...this.#senders]) sender.abort(cause, cause === "ended" ? 481 : 503);
  }

  #acknowledge(request: SipRequest, response: SipResponse, source: MessageSource, acks: Map<string, Sent | undefined>, builder: AckBuilder | undefined): void {
    const key = `${request.cseq.seq} ${response.to.tag ?? ""}`;
    if (acks.has(key)) {
      const known = acks.get(key);
      if (known !== undefined) this.#context.transactions.send(known.bytes, known.destination, () => undefined);
      return;
    }
    this.#dialog.refreshTarget(response, source, this.#context.routing);
    const ack = this.#dialog.createRequest("ACK", request.cseq.seq);
    for (const name of ["authorization", "proxy-authorization"]) ack.headers.copyFrom(request.headers, name);
    if (builder !== undefined) {
      this.#context.guard("ack handler", () => {
        const body = builder(response);
        if (body !== undefined) applyBody(ack, body);
      });
    }
    acks.set(key, this.#context.sendAck(ack, this.#dialog.destination));
  }
}
