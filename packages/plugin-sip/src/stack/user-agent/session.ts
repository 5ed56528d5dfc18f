import { type Deferred, deferred } from "../deferred.js";
import type { StackDialog } from "../dialog/dialog.js";
import { parseNameAddr } from "../grammar/name-addr.js";
import { requireUri } from "../grammar/uri.js";
import type { AnySipMessage, SipRequest, SipResponse } from "../message/message.js";
import type { InviteServerTransaction } from "../transaction/invite-server-transaction.js";
import type { NonInviteServerTransaction } from "../transaction/non-invite-server-transaction.js";
import type { MessageSource } from "../transport/types.js";
import type { DialogOwner, UaContext } from "./context.js";
import { type ChallengeAnswer, DialogRequests } from "./dialog-requests.js";
import { StackIncomingReoffer, type ReofferOwner } from "./incoming-reoffer.js";
import { StackIncomingRequest } from "./incoming-request.js";
import { makeResponse, unsupportedOptions } from "./message-parts.js";
import { OfferLane } from "./offer-lane.js";
import { agreedTimer, answerTimer, SessionTimer, type TimerTerms, tooShort } from "./session-timer.js";
import { LOST_REASONS } from "./reasons.js";
import { StackIncomingRefer, StackReferral } from "./referrals.js";
import type { AcceptOutcome, AckBuilder, BodyOptions, Referral, ReinviteOptions, RequestOutcome, Session, SessionEnd, SessionHandlers } from "./session-types.js";
import { namesOption, type ReliableProvisionals } from "./reliable-provisionals.js";
import { replacesValue } from "./replaces.js";
import { SuccessRepeater } from "./success-repeater.js";

/**
 * An answered call.
 * ```
 * pending --ACK--> confirmed --BYE either way, dialog lost, stop--> ended
 *     \______BYE, no ACK___________________________________________^
 * ```
 * After `ended` the dialog lives on for as long as a BYE of ours is under way.
 */
export class StackSession implements Session, DialogOwner, ReofferOwner {
  readonly dialog: StackDialog;
  readonly direction: "inbound" | "outbound";
  readonly #context: UaContext;
  readonly #ended = deferred<SessionEnd>();
  readonly #requests: DialogRequests;
  readonly #lane: OfferLane;
  readonly #repeaters = new Map<number, SuccessRepeater>();
  readonly #referrals = new Map<number, StackReferral>();
  readonly #refers = new Set<StackIncomingRefer>();
  #handlers: SessionHandlers = {};
  #state: "pending" | "confirmed" | "ended" = "confirmed";
  #end: SessionEnd | undefined;
  #endTold = false;
  #confirmation: Deferred<AcceptOutcome> | undefined;
  #bye: Deferred<RequestOutcome> | undefined;
  #byeAfterAck: (() => void) | undefined;
  #remoteOffer: StackIncomingReoffer | undefined;
  /** Provisional responses whose PRACK may still be under way. */
  #provisionals: ReliableProvisionals | undefined;
  readonly #timer: SessionTimer;
  #takesUpdate = false;
  /** Ours, as last agreed: a refresh by re-INVITE repeats it. */
  #description: Buffer | string | undefined;

  constructor(context: UaContext, dialog: StackDialog, direction: "inbound" | "outbound", challenge?: ChallengeAnswer) {
    this.#context = context;
    this.dialog = dialog;
    this.direction = direction;
    this.#requests = new DialogRequests(context, dialog, challenge);
    this.#lane = new OfferLane(context, { ownsCallId: direction === "outbound", over: () => this.#state === "ended", remoteBusy: () => this.#remoteBusy() });
    this.#timer = new SessionTimer(context, { refresh: () => this.#refresh(), expired: () => this.#lost("session-expired", true) });
    dialog.state = "confirmed";
    context.dialogs.set(dialog.key, this);
    context.sessions.add(this);
  }

  get state(): "pending" | "confirmed" | "ended" {
    return this.#state;
  }

  get ended(): Promise<SessionEnd> {
    return this.#ended.promise;
  }

  get localTarget(): string {
    return this.dialog.localTarget;
  }

  handle(handlers: SessionHandlers): void {
    this.#handlers = { ...this.#handlers, ...handlers };
    this.#tellEnd();
  }

  /** For an inbound call: repeats the 2xx until the ACK. */
  awaitConfirmation(transaction: InviteServerTransaction, seq: number): Promise<AcceptOutcome> {
    this.#state = "pending";
    const confirmation = deferred<AcceptOutcome>();
    this.#confirmation = confirmation;
    this.#repeat(transaction, seq, (ack) => {
      if (this.#state !== "pending") {
        const send = this.#byeAfterAck;
        this.#byeAfterAck = undefined;
        send?.();
      } else if (ack !== undefined) {
        this.#state = "confirmed";
        confirmation.resolve({ ok: true, session: this, ack });
      } else this.#lost("no-ack", true);
    });
    return confirmation.promise;
  }

  /** What the INVITE was answered with before; a late PRACK is for it. */
  afterProvisionals(provisionals: ReliableProvisionals | undefined): void {
    this.#provisionals = provisionals;
  }

  /** `message` is the other side's first: what it takes, and what was agreed with it. */
  established(message: AnySipMessage, description: Buffer | string | undefined, terms: TimerTerms | undefined): void {
    this.#learn(message);
    this.#description = description;
    this.#timer.begin(terms);
  }

  /** The 2xx to a re-INVITE or UPDATE of the other side is being written. */
  refreshed(request: SipRequest, body: Buffer | string | undefined): readonly (readonly [name: string, value: string])[] {
    this.#learn(request);
    if (body !== undefined) this.#description = body;
    const { headers, terms } = answerTimer(this.#context, request);
    this.#timer.begin(terms);
    return headers;
  }

  #learn(message: AnySipMessage): void {
    if (message.headers.has("allow")) this.#takesUpdate = namesOption(message, "allow", "UPDATE");
  }

  #refresh(): void {
    if (this.#state === "ended") return;
    if (this.#takesUpdate) void this.update();
    else if (!this.#refreshedByOwner() && this.#description !== undefined) void this.reinvite({ body: this.#description });
  }

  #refreshedByOwner(): boolean {
    let taken = false;
    this.#context.guard("refresh handler", () => void (taken = this.#handlers.refresh?.() === true));
    return taken;
  }

  reinvite(options: ReinviteOptions = {}): Promise<RequestOutcome> {
    let anew: (() => Buffer | string) | undefined;
    const send = (): Promise<RequestOutcome> => this.#send("INVITE", anew === undefined ? options : { ...options, body: anew() }, { ack: options.ack });
    return this.#lane.run(send, () => void this.#context.guard("collided handler", () => void (anew = options.collided?.() ?? anew)));
  }

  update(options: BodyOptions = {}): Promise<RequestOutcome> {
    if (options.body === undefined) return this.#send("UPDATE", options);
    return this.#lane.run(() => this.#send("UPDATE", options));
  }

  request(method: string, options: BodyOptions = {}): Promise<RequestOutcome> {
    if (method === "BYE") return this.bye(options);
    if (method === "INVITE") return this.reinvite(options);
    return this.#send(method, options);
  }

  refer(target: string, options: BodyOptions & { readonly replaces?: Session; readonly notified?: (status: number) => void } = {}): Referral {
    requireUri(target);
    let seq = -1;
    const { notified } = options;
    const hear = notified === undefined ? undefined : (status: number): void => void this.#context.guard("refer handler", () => notified(status));
    const referral = new StackReferral(this.#context, hear, () => this.#referrals.delete(seq));
    const built = (request: SipRequest): void => {
      // NOTIFYs name the REFER by its CSeq, which changes when it is challenged.
      this.#referrals.delete(seq);
      seq = request.cseq.seq;
      this.#referrals.set(seq, referral);
    };
    const replaces = options.replaces === undefined ? "" : `${target.includes("?") ? "&" : "?"}Replaces=${encodeURIComponent(replacesValue(options.replaces.dialog))}`;
    const headers = { ...options.headers, "Refer-To": `<${target}${replaces}>` };
    try {
      void this.#send("REFER", { ...options, headers }, { built }).then((outcome) => referral.answered(outcome));
    } catch (error) {
      referral.end();
      throw error;
    }
    return referral;
  }

  bye(options?: BodyOptions): Promise<RequestOutcome> {
    if (this.#bye !== undefined) return this.#bye.promise;
    if (this.#state === "ended") return Promise.resolve({ status: 481, cause: "ended" });
    const pending = this.#state === "pending";
    const bye = deferred<RequestOutcome>();
    this.#bye = bye;
    this.#finish({ by: "local", cause: "bye" }, "local-bye");
    // The callee must not send BYE before the ACK or its time-out (section 15).
    if (pending) this.#byeAfterAck = () => this.#sendBye(options);
    else this.#sendBye(options);
    return bye.promise;
  }

  /** Resolves when a BYE of ours is settled; at once when there is none. */
  get closed(): Promise<unknown> {
    return this.#bye?.promise ?? Promise.resolve();
  }

  /** The user agent closes at once: nothing more is sent. */
  stop(): void {
    this.#byeAfterAck = undefined;
    this.#requests.abort("stopped");
    this.#finish({ by: "system", cause: "stopped" }, "stopped");
    for (const repeater of [...this.#repeaters.values()]) repeater.stop();
    this.#bye?.resolve({ status: 503, cause: "stopped" });
    this.#leave();
  }

  ack(request: SipRequest): void {
    this.#repeaters.get(request.cseq.seq)?.ack(request);
  }

  receive(request: SipRequest, source: MessageSource): void {
    if (request.method === "INVITE") {
      this.#reinvited(request, source);
      return;
    }
    const transaction = this.#context.transactions.serve(request, source);
    const incoming = new StackIncomingRequest(this.#context, request, source, transaction, "");
    const bad = unsupportedOptions(request, this.#context.supported);
    if (!this.dialog.acceptSeq(request)) incoming.respond({ status: 500, reason: "CSeq out of order" });
    else if (request.method === "BYE") {
      incoming.respond({ status: 200 });
      this.#byeReceived(request);
    } else if (this.#state === "ended") incoming.respond({ status: 481 });
    else if (bad.length > 0) incoming.respond({ status: 420, headers: { Unsupported: bad.join(", ") } });
    else this.#served(request, source, incoming, transaction);
  }

  /** A re-offer of the other side got its final response. */
  answered(reoffer: StackIncomingReoffer, accepted: boolean): void {
    if (accepted) this.dialog.refreshTarget(reoffer.request, reoffer.source, this.#context.routing);
    if (this.#remoteOffer === reoffer) this.#remoteOffer = undefined;
    this.#lane.wake();
  }

  awaitAck(transaction: InviteServerTransaction, request: SipRequest, settled: (ack: SipRequest | undefined) => void): void {
    this.#repeat(transaction, request.cseq.seq, (ack) => {
      settled(ack);
      this.#lane.wake();
      // Without the ACK the two sides do not agree on the session any more (section 14.2).
      if (ack === undefined && this.#state !== "ended") this.#lost("no-ack", true);
    });
  }

  #remoteBusy(): boolean {
    return this.#remoteOffer !== undefined || this.#repeaters.size > 0;
  }

  #served(request: SipRequest, source: MessageSource, incoming: StackIncomingRequest, transaction: NonInviteServerTransaction): void {
    const { method } = request;
    if (method === "UPDATE") this.#updated(request, source, incoming, transaction);
    else if (method === "REFER") this.#referred(request, source, incoming, transaction);
    else if (method === "NOTIFY" && this.#notified(request, incoming)) return;
    else if (method === "PRACK") {
      if (this.#provisionals === undefined) incoming.respond({ status: 481 });
      else this.#provisionals.receive(request, incoming);
    }
    else if (method === "INFO" || method === "OPTIONS" || method === "NOTIFY" || method === "MESSAGE") {
      const { request: handler } = this.#handlers;
      if (handler !== undefined) incoming.serve("session request handler", () => handler(incoming));
      else if (method === "INFO") incoming.respond({ status: 200 });
      else if (method === "OPTIONS") incoming.respond({ status: 200, headers: { Allow: this.#context.allow } });
      else incoming.respond({ status: method === "NOTIFY" ? 481 : 405 });
    } else incoming.respond({ status: 405 });
  }

  #reinvited(request: SipRequest, source: MessageSource): void {
    const transaction = this.#context.transactions.serveInvite(request, source);
    const refuse = (status: number, headers?: Readonly<Record<string, string>>): void =>
      transaction.respond(makeResponse(this.#context, request, { status, headers }, undefined));
    const bad = unsupportedOptions(request, this.#context.supported);
    const least = tooShort(this.#context, request);
    if (!this.dialog.acceptSeq(request)) refuse(500);
    else if (this.#state === "ended") refuse(481);
    else if (bad.length > 0) refuse(420, { Unsupported: bad.join(", ") });
    else if (least !== undefined) refuse(422, { "Min-SE": String(least) });
    else {
      const collision = this.#collision();
      if (collision !== undefined) refuse(collision.status, collision.headers);
      else if (this.#handlers.reoffer === undefined) refuse(488);
      else this.#offered(new StackIncomingReoffer(this.#context, this, request, source, { invite: transaction }));
    }
  }

  #updated(request: SipRequest, source: MessageSource, incoming: StackIncomingRequest, transaction: NonInviteServerTransaction): void {
    const least = tooShort(this.#context, request);
    if (least !== undefined) {
      incoming.respond({ status: 422, headers: { "Min-SE": String(least) } });
      return;
    }
    if (request.body.length === 0) {
      // Target refresh, or the refresh of a session timer.
      this.dialog.refreshTarget(request, source, this.#context.routing);
      incoming.respond({ status: 200, headers: { Contact: `<${this.dialog.localTarget}>`, ...Object.fromEntries(this.refreshed(request, undefined)) } });
      return;
    }
    const collision = this.#collision();
    if (collision !== undefined) incoming.respond(collision);
    else if (this.#handlers.reoffer === undefined) incoming.respond({ status: 488 });
    else this.#offered(new StackIncomingReoffer(this.#context, this, request, source, { update: transaction }));
  }

  /** An offer while another is open (section 14.2, RFC 3311 section 5.2). */
  #collision(): { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined {
    if (this.#lane.busy) return { status: 491 };
    if (this.#remoteOffer !== undefined) return { status: 500, headers: { "Retry-After": String(Math.floor(this.#context.random.number() * 11)) } };
    return undefined;
  }

  #offered(reoffer: StackIncomingReoffer): void {
    const { reoffer: handler } = this.#handlers;
    this.#remoteOffer = reoffer;
    reoffer.serve(() => handler?.(reoffer));
  }

  #referred(request: SipRequest, source: MessageSource, incoming: StackIncomingRequest, transaction: NonInviteServerTransaction): void {
    const { refer: handler } = this.#handlers;
    if (handler === undefined) {
      incoming.respond({ status: 405 });
      return;
    }
    const targets = request.headers.all("refer-to");
    let target: string;
    try {
      const address = parseNameAddr(targets[0] ?? "");
      address.parsedUri();
      target = address.uri;
    } catch {
      target = "";
    }
    if (target === "" || targets.length !== 1) {
      incoming.respond({ status: 400, reason: "Bad Refer-To" });
      return;
    }
    const notify = (headers: Readonly<Record<string, string>>, body: string): Promise<RequestOutcome> =>
      this.#send("NOTIFY", { headers, body, contentType: "message/sipfrag;version=2.0" });
    const refer: StackIncomingRefer = new StackIncomingRefer(this.#context, request, source, transaction, target, notify, () => this.#refers.delete(refer));
    this.#refers.add(refer);
    refer.serve("refer handler", () => handler(refer));
  }

  /** True when the NOTIFY belonged to a REFER of ours. */
  #notified(request: SipRequest, incoming: StackIncomingRequest): boolean {
    const event = (request.headers.get("event") ?? "").toLowerCase();
    if (!/^refer\s*(?:;|$)/.test(event)) return false;
    const id = /;\s*id\s*=\s*(\d+)/.exec(event)?.[1];
    const referral = id === undefined ? [...this.#referrals.values()][0] : this.#referrals.get(Number(id));
    if (referral === undefined) return false;
    incoming.respond({ status: 200 });
    referral.notify(request);
    return true;
  }

  #byeReceived(request: SipRequest): void {
    const waiting = this.#byeAfterAck !== undefined;
    this.#byeAfterAck = undefined;
    this.#finish({ by: "remote", cause: "bye", request }, "remote-bye");
    for (const repeater of [...this.#repeaters.values()]) repeater.stop();
    // Their BYE ended the dialog; ours, if it waited for the ACK, is not needed any more.
    if (waiting) this.#bye?.resolve({ status: 200, cause: "ended" });
    if (this.#bye === undefined || waiting) this.#leave();
  }

  #send(method: string, options: BodyOptions, extra: { readonly ack?: AckBuilder; readonly built?: (request: SipRequest) => void } = {}): Promise<RequestOutcome> {
    if (this.#state === "ended") return Promise.resolve({ status: 481, cause: "ended" });
    const refreshes = method === "INVITE" || method === "UPDATE";
    const timed = refreshes ? { ...extra, built: (request: SipRequest) => this.#timer.wish.stamp(request, this.#timer.terms), retry: (response: SipResponse) => this.#timer.wish.raise(response) } : extra;
    return this.#requests.send(method, options, timed).then((outcome) => {
      if (refreshes && outcome.response !== undefined && outcome.status < 300 && this.#state !== "ended") {
        this.#learn(outcome.response);
        if (options.body !== undefined) this.#description = options.body;
        this.#timer.begin(agreedTimer(this.#context, outcome.response));
      }
      // The other side does not know the dialog any more (section 12.2.1.2). A NOTIFY nobody wants is no such sign.
      const gone = method !== "NOTIFY" && (outcome.cause === "timeout" || (outcome.cause === "response" && (outcome.status === 481 || outcome.status === 408)));
      if (gone && this.#state !== "ended") this.#lost("dialog-lost", outcome.status !== 481);
      return outcome;
    });
  }

  /** Ends the call because the other side is not there any more; the BYE is for the case that it is. */
  #lost(cause: keyof typeof LOST_REASONS, withBye: boolean): void {
    if (withBye) this.#bye ??= deferred<RequestOutcome>();
    this.#finish({ by: "system", cause }, "no-ack");
    if (withBye) this.#sendBye({ headers: { Reason: LOST_REASONS[cause] } });
    else this.#leave();
  }

  #sendBye(options: BodyOptions | undefined): void {
    const settle = (outcome: RequestOutcome): void => {
      this.#bye?.resolve(outcome);
      this.#leave();
    };
    const sent = this.#context.guard("BYE", () => void this.#requests.send("BYE", options ?? {}, { outlives: true }).then(settle));
    if (!sent) void this.#requests.send("BYE", {}, { outlives: true }).then(settle);
  }

  #repeat(transaction: InviteServerTransaction, seq: number, settled: (ack: SipRequest | undefined) => void): void {
    const repeater = new SuccessRepeater(this.#context, transaction, seq, (ack) => {
      this.#repeaters.delete(seq);
      settled(ack);
      this.#lane.wake();
    });
    this.#repeaters.set(seq, repeater);
  }

  /** The call is over for the application. What is open settles; the dialog may still be needed for a BYE. */
  #finish(end: SessionEnd, confirmation: "local-bye" | "remote-bye" | "no-ack" | "stopped"): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#end = end;
    this.#timer.stop();
    this.#context.sessions.delete(this);
    if (this.#bye !== undefined) this.#context.closing.add(this);
    this.#confirmation?.resolve({ ok: false, cause: confirmation });
    this.#remoteOffer?.respond({ status: 487 });
    this.#requests.abort("ended");
    for (const referral of [...this.#referrals.values()]) referral.end();
    for (const refer of [...this.#refers]) refer.abandon();
    this.#lane.wake();
    this.#ended.resolve(end);
    this.#tellEnd();
  }

  #tellEnd(): void {
    const { ended } = this.#handlers;
    const end = this.#end;
    if (this.#endTold || end === undefined || ended === undefined) return;
    this.#endTold = true;
    this.#context.guard("session ended handler", () => ended(end));
  }

  #leave(): void {
    this.dialog.state = "terminated";
    this.#context.closing.delete(this);
    if (this.#context.dialogs.get(this.dialog.key) === this) this.#context.dialogs.delete(this.dialog.key);
  }
}
