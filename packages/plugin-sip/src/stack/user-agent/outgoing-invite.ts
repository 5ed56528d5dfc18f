import { deferred } from "../deferred.js";
import { StackDialog, tagged } from "../dialog/dialog.js";
import type { Dialog } from "../dialog/types.js";
import { SipError } from "../errors.js";
import { requireNameAddr } from "../grammar/name-addr.js";
import { uriUser } from "../grammar/uri.js";
import { buildResponse } from "../message/build.js";
import { SipHeaders } from "../message/headers.js";
import { SipRequest, type SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { InviteClientTransaction } from "../transaction/invite-client-transaction.js";
import type { Destination, MessageSource } from "../transport/types.js";
import type { DialogOwner, UaContext } from "./context.js";
import { destinationsFor } from "./destinations.js";
import { DialogRequests } from "./dialog-requests.js";
import { EarlyOffers } from "./early-offers.js";
import { StackIncomingRequest } from "./incoming-request.js";
import { applyBody, applyHeaders, refuseEarly, unsupportedOptions } from "./message-parts.js";
import { ELSEWHERE } from "./reasons.js";
import { RELIABLE, reliableSeq } from "./reliable-provisionals.js";
import { RequestSender } from "./request-sender.js";
import { StackSession } from "./session.js";
import { agreedTimer, TimerWish } from "./session-timer.js";
import type { BodyOptions, ExtraHeaders, InviteOutcome, OutgoingInvite, RequestOutcome } from "./session-types.js";
import type { InviteOptions } from "./types.js";

interface EarlyDialog {
  readonly dialog: StackDialog;
  readonly requests: DialogRequests;
  readonly offers: EarlyOffers;
  /** Of the last provisional response acknowledged. */
  rseq: number | undefined;
}

/**
 * One call of ours, from INVITE to outcome, and what comes after it: retransmitted 2xx, answers of other
 * branches of a fork, and the CANCEL.
 * ```
 * sending --1xx--> proceeding --2xx--> answered
 *    \_______________\--3xx-6xx, time-out, cancel()--> failed   (the transaction may go on behind it)
 * ```
 */
export class StackOutgoingInvite implements OutgoingInvite, DialogOwner {
  readonly callId: string;
  readonly localTag: string;
  readonly #context: UaContext;
  readonly #options: InviteOptions;
  readonly #outcome = deferred<InviteOutcome>();
  readonly #gone = deferred<void>();
  /** Early dialogs by their remote tag. */
  readonly #early = new Map<string, EarlyDialog>();
  /** Calls this INVITE brought about: the one handed out and those of other branches, which are ended at once. */
  readonly #answers = new Map<string, { readonly bytes: Buffer; readonly destination: Destination } | undefined>();
  readonly #sender: RequestSender;
  readonly #user: string;
  readonly #timerWish: TimerWish;
  #localTarget = "";
  #seq = 0;
  #limit: QueuedTimer | undefined;
  #patience: QueuedTimer | undefined;
  /** The transaction that got a provisional response. */
  #heard: InviteClientTransaction | undefined;
  #cancelled = false;
  #cancelSent = false;
  #cancelHeaders: ExtraHeaders | undefined;

  constructor(context: UaContext, options: InviteOptions) {
    this.#context = context;
    this.#options = options;
    const from = requireNameAddr(options.from);
    const to = requireNameAddr(options.to ?? options.uri);
    this.callId = options.callId ?? `${context.random.id(24)}`;
    if (/[\s\0]/.test(this.callId) || this.callId === "") throw new SipError("SIP_INVALID_HEADER", "bad Call-ID");
    this.localTag = context.random.id(12);
    this.#user = options.contactUser ?? uriUser(from.parsedUri());
    const destinations = destinationsFor(context, options);
    const fromValue = tagged(from, this.localTag);
    const toValue = to.partyString();
    for (const route of options.route ?? []) requireNameAddr(route);
    this.#timerWish = new TimerWish(context);
    const build = (): SipRequest => this.#build(fromValue, toValue);
    // A wrong header shall throw here and not when the address has been found.
    applyBody(new SipRequest("INVITE", options.uri), options);
    this.#sender = new RequestSender(context, {
      build, prepare: (request, destination) => this.#prepare(request, destination), destinations, pinned: options.destination !== undefined, onChallenge: options.onChallenge, challengeContext: options.context,
      given: () => this.#cancelled,
      retry: (response) => !this.#cancelled && this.#timerWish.raise(response),
      user: {
        trying: (last) => this.#cancelled || this.#context.guard("trying handler", () => this.#options.trying?.(last)),
        provisional: (response, source) => this.#provisional(response, source),
        success: (response, source, request) => this.#success(response, source, request),
        done: (outcome) => this.#done(outcome),
        finished: () => this.#finished(),
      },
    });
    context.outgoing.add(this);
    if (options.timeoutMs !== undefined) this.#limit = context.timers.start(options.timeoutMs, () => this.#giveUp({ answered: false, status: 408, cause: "timeout" }));
    this.#sender.start();
  }

  get outcome(): Promise<InviteOutcome> {
    return this.#outcome.promise;
  }

  get settled(): boolean {
    return this.#outcome.settled;
  }

  /** Resolves when the INVITE got its final response or cannot get one any more. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  cancel(options?: { readonly headers?: ExtraHeaders }): void {
    this.#cancelHeaders ??= options?.headers;
    this.#giveUp({ answered: false, status: 487, cause: "cancelled" });
  }

  update(dialog: Dialog, options: BodyOptions = {}): Promise<RequestOutcome> {
    const early = this.#early.get(dialog.remoteTag);
    if (early === undefined || this.#outcome.settled || early.dialog.state !== "early") return Promise.resolve({ status: 481, cause: "ended" });
    return early.offers.send(options, (body) => early.requests.send("UPDATE", body));
  }

  /** A request in an early dialog. */
  receive(request: SipRequest, source: MessageSource): void {
    const context = this.#context;
    if (request.method === "INVITE") {
      context.transactions.serveInvite(request, source).respond(buildResponse(request, 491, undefined, undefined));
      return;
    }
    const transaction = context.transactions.serve(request, source);
    const incoming = new StackIncomingRequest(context, request, source, transaction, "");
    const early = this.#early.get(request.from.tag ?? "");
    const bad = unsupportedOptions(request, context.supported);
    if (early === undefined || this.#outcome.settled) incoming.respond({ status: 481 });
    else if (!early.dialog.acceptSeq(request)) incoming.respond({ status: 500, reason: "CSeq out of order" });
    else if (bad.length > 0) incoming.respond({ status: 420, headers: { Unsupported: bad.join(", ") } });
    else if (request.method === "UPDATE") early.offers.receive(request, source, incoming, transaction, early.dialog);
    else refuseEarly(context, incoming);
  }

  ack(): void {
    // we are the caller: nobody acknowledges anything to us in an early dialog
  }

  /** The user agent stops: settles; with `quietly` nothing more is sent. */
  stop(quietly: boolean): void {
    if (quietly) {
      this.#settle({ answered: false, status: 503, cause: "stopped" });
      this.#cancelled = true;
      this.#sender.abort("stopped");
    } else this.#giveUp({ answered: false, status: 503, cause: "stopped" });
  }

  #build(from: string, to: string): SipRequest {
    const options = this.#options;
    const headers = new SipHeaders();
    headers.append("max-forwards", String(options.maxForwards ?? 70));
    for (const route of options.route ?? []) headers.append("route", route);
    headers.append("from", from);
    headers.append("to", to);
    headers.append("call-id", this.callId);
    headers.append("cseq", `${++this.#seq} INVITE`);
    const request = new SipRequest("INVITE", options.uri, headers);
    headers.append("allow", this.#context.allow);
    if (this.#context.supported.length > 0) headers.append("supported", this.#context.supported.join(", "));
    headers.append("user-agent", this.#context.userAgentHeader);
    applyBody(request, options);
    this.#timerWish.stamp(request);
    return request;
  }

  /** The Contact depends on the way out. */
  #prepare(request: SipRequest, destination: Destination): void {
    this.#localTarget = this.#context.contactUri(this.#user, destination);
    request.headers.set("contact", `<${this.#localTarget}>`);
  }

  #provisional(response: SipResponse, source: MessageSource): void {
    this.#heard = this.#sender.invite;
    if (this.#cancelled) {
      this.#sendCancel();
      return;
    }
    this.#context.guard("heard handler", () => this.#options.heard?.());
    if (response.status === 100 || this.#outcome.settled) return;
    const early = this.#earlyDialog(response, source);
    const seq = this.#context.supported.includes(RELIABLE) ? reliableSeq(response) : undefined;
    if (seq !== undefined && early !== undefined) {
      // A copy, or one that has overtaken another: that one comes again (RFC 3262 section 4).
      if (early.rseq !== undefined && seq !== early.rseq + 1) return;
      early.rseq = seq;
      if (response.body.length > 0) early.offers.state = "settled";
    }
    this.#context.guard("provisional handler", () => this.#options.provisional?.(response, early?.dialog));
    if (seq !== undefined && early !== undefined) this.#acknowledgeProvisional(early, seq, response);
  }

  #acknowledgeProvisional(early: EarlyDialog, seq: number, response: SipResponse): void {
    let body: BodyOptions | undefined;
    // Where the INVITE offered nothing, the response does and the PRACK answers (section 5).
    if (response.body.length > 0) this.#context.guard("prack handler", () => void (body = this.#options.prack?.(response)));
    const headers = { RAck: `${seq} ${response.cseq.seq} INVITE` };
    this.#context.guard("PRACK", () => void early.requests.send("PRACK", { ...body, headers }));
  }

  #earlyDialog(response: SipResponse, source: MessageSource): EarlyDialog | undefined {
    const tag = response.to.tag;
    const request = this.#sender.invite?.request;
    if (tag === undefined || request === undefined) return undefined;
    const known = this.#early.get(tag);
    if (known !== undefined) return known;
    const dialog = this.#early.size < 32 ? this.#makeDialog(request, response, source) : undefined;
    if (dialog === undefined) return undefined;
    const offers = new EarlyOffers(this.#context, this.#localTarget, request.body.length > 0 ? "ours" : "none");
    const { reoffer } = this.#options;
    if (reoffer !== undefined) offers.handler = (offer) => reoffer.call(this.#options, offer, dialog);
    const early: EarlyDialog = { dialog, requests: new DialogRequests(this.#context, dialog, this.#options), offers, rseq: undefined };
    this.#early.set(tag, early);
    this.#context.dialogs.set(dialog.key, this);
    return early;
  }

  #makeDialog(request: SipRequest, response: SipResponse, source: MessageSource): StackDialog | undefined {
    try {
      return StackDialog.fromResponse(request, response, source, this.#localTarget, this.#context.routing, this.#options.destination);
    } catch (error) {
      this.#context.log.warn("response with unusable Contact or Record-Route", { callId: this.callId, error: (error as Error).message });
      return undefined;
    }
  }

  #success(response: SipResponse, source: MessageSource, request: SipRequest): void {
    const tag = response.to.tag ?? "";
    if (this.#answers.has(tag)) {
      // The 2xx came again: our ACK was lost.
      const ack = this.#answers.get(tag);
      if (ack !== undefined) this.#context.transactions.send(ack.bytes, ack.destination, () => undefined);
      return;
    }
    if (this.#answers.size >= 32) return;
    const early = this.#early.get(tag);
    early?.offers.end();
    let usable = tag !== "";
    let dialog = early?.dialog ?? this.#makeDialog(request, response, source);
    if (dialog === undefined) {
      // It is acknowledged and ended by the shortest way.
      usable = false;
      response.headers.remove("record-route");
      dialog = this.#makeDialog(request, response, source);
    }
    if (dialog === undefined) {
      this.#answers.set(tag, undefined);
      this.#settle({ answered: false, status: 502, cause: "response", response });
      return;
    }
    try {
      dialog.confirm(response, source, this.#context.routing);
    } catch (error) {
      usable = false;
      this.#context.log.warn("2xx with unusable Record-Route", { callId: this.callId, error: (error as Error).message });
    }
    const wanted = usable && !this.#outcome.settled && !this.#cancelled;
    dialog.localSeq = Math.max(dialog.localSeq, request.cseq.seq);
    this.#acknowledge(dialog, request, response, wanted, tag);
    const session = new StackSession(this.#context, dialog, "outbound", this.#options);
    session.established(response, this.#options.body, agreedTimer(this.#context, response));
    if (wanted) this.#settle({ answered: true, session, response });
    else {
      // Another branch answered first, or we had given up: this one is to hear it (sections 9.1 and 13.2.2.4), and why, as in the CANCEL it has crossed.
      const headers = usable && !this.#cancelled ? { Reason: ELSEWHERE } : this.#cancelHeaders;
      void session.bye(headers === undefined ? {} : { headers });
      this.#settle({ answered: false, status: 502, cause: "response", response });
    }
  }

  #acknowledge(dialog: StackDialog, request: SipRequest, response: SipResponse, wanted: boolean, tag: string): void {
    const ack = dialog.createRequest("ACK", request.cseq.seq);
    for (const name of ["authorization", "proxy-authorization"]) ack.headers.copyFrom(request.headers, name);
    if (wanted && this.#options.ack !== undefined) {
      const { ack: build } = this.#options;
      this.#context.guard("ack handler", () => {
        const body = build(response);
        if (body !== undefined) applyBody(ack, body);
      });
    }
    this.#answers.set(tag, this.#context.sendAck(ack, dialog.destination));
  }

  #done(outcome: RequestOutcome): void {
    this.#patience?.cancel();
    this.#gone.resolve();
    // The callee fell silent and may ring on (section 16.8 does the same for proxies).
    if (outcome.cause === "timeout" && this.#heard !== undefined && !this.#cancelSent) this.#cancelTransaction(this.#heard);
    if (outcome.cause === "response" && outcome.status < 300) return;
    this.#leaveEarly();
    this.#settle({
      answered: false, status: outcome.status, cause: outcome.cause === "ended" ? "cancelled" : outcome.cause, response: outcome.response, error: outcome.error,
    });
  }

  #giveUp(outcome: InviteOutcome): void {
    if (this.#outcome.settled) return;
    this.#cancelled = true;
    this.#settle(outcome);
    const transaction = this.#sender.invite;
    if (transaction === undefined) this.#sender.abort("ended", 487);
    else if (transaction.state === "proceeding") this.#sendCancel();
    else if (transaction.state === "completed") this.#sender.abort("ended", 487);
    // In `calling` the CANCEL has to wait for a provisional response (section 9.1).
  }

  #sendCancel(): void {
    const transaction = this.#sender.invite;
    if (this.#cancelSent || transaction === undefined || transaction.state !== "proceeding") return;
    if (this.#cancelTransaction(transaction)) this.#patience = this.#context.timers.start(this.#context.transactions.values.t64, () => transaction.abandon());
  }

  #cancelTransaction(transaction: InviteClientTransaction): boolean {
    this.#cancelSent = true;
    const request = transaction.cancelRequest();
    this.#context.guard("cancel headers", () => applyHeaders(request, this.#cancelHeaders, false));
    const transport = this.#context.transportFor(transaction.destination);
    if (transport === undefined) return false;
    const nothing = (): void => undefined;
    this.#context.transactions.request(request, transaction.destination, transport.reliable, { response: nothing, timeout: nothing, transportError: nothing });
    return true;
  }

  /** A final response or none: what never was answered is over (section 12.3). */
  #leaveEarly(): void {
    for (const { dialog, offers, requests } of this.#early.values()) {
      offers.end();
      if (this.#context.dialogs.get(dialog.key) !== this) continue;
      dialog.state = "terminated";
      this.#context.dialogs.delete(dialog.key);
      requests.abort("ended");
    }
    this.#early.clear();
  }

  #settle(outcome: InviteOutcome): void {
    this.#limit?.cancel();
    this.#outcome.resolve(outcome);
  }

  #finished(): void {
    this.#patience?.cancel();
    this.#limit?.cancel();
    this.#settle({ answered: false, status: 503, cause: this.#context.stopping ? "stopped" : "transport" });
    this.#context.outgoing.delete(this);
    this.#leaveEarly();
    this.#answers.clear();
    this.#gone.resolve();
  }
}
