import { deferred } from "../deferred.js";
import { StackDialog } from "../dialog/dialog.js";
import { SipError } from "../errors.js";
import { uriUser } from "../grammar/uri.js";
import { buildResponse } from "../message/build.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { InviteServerTransaction } from "../transaction/invite-server-transaction.js";
import { responseDestination } from "../transport/transport-layer.js";
import type { MessageSource } from "../transport/types.js";
import type { DialogOwner, UaContext } from "./context.js";
import { DialogRequests } from "./dialog-requests.js";
import { EarlyOffers } from "./early-offers.js";
import { StackIncomingRequest } from "./incoming-request.js";
import { applyBody, makeResponse, refuseEarly, unsupportedOptions } from "./message-parts.js";
import { namesOption, RELIABLE, ReliableProvisionals } from "./reliable-provisionals.js";
import { StackSession } from "./session.js";
import { answerTimer } from "./session-timer.js";
import type { AcceptOutcome, BodyOptions, IncomingInvite, IncomingInviteState, IncomingReoffer, PrackHandler, RequestOutcome, ResponseOptions } from "./session-types.js";

/** A provisional response is repeated this often so that proxies do not give up (RFC 3261 section 13.3.1.1). */
const REPEAT_PROVISIONAL_MS = 60_000;

type Closed = { readonly cause: "accepted" | "rejected" | "cancelled" | "expired" | "unacknowledged" | "stopped" };

/** A call coming in until its final response. */
export class StackIncomingInvite implements IncomingInvite, DialogOwner {
  readonly request: SipRequest;
  readonly source: MessageSource;
  readonly localTag: string;
  readonly #context: UaContext;
  readonly #transaction: InviteServerTransaction;
  readonly #closed = deferred<Closed>();
  readonly #localTarget: string;
  #state: IncomingInviteState = "trying";
  #dialog: StackDialog | undefined;
  #session: StackSession | undefined;
  #accepted: Promise<AcceptOutcome> | undefined;
  #repeat: QueuedTimer | undefined;
  #expires: QueuedTimer | undefined;
  #closeCause: Closed["cause"] = "rejected";
  readonly reliable: boolean;
  /** The caller can acknowledge provisional responses, but need not. */
  readonly #canAcknowledge: boolean;
  #provisionals: ReliableProvisionals | undefined;
  #waiting = false;
  #requests: DialogRequests | undefined;
  readonly #offers: EarlyOffers;

  constructor(context: UaContext, request: SipRequest, source: MessageSource, transaction: InviteServerTransaction) {
    this.#context = context;
    this.request = request;
    this.source = source;
    this.#transaction = transaction;
    this.localTag = context.random.id(12);
    this.#localTarget = context.contactUri(uriUser(request.parsedUri()), responseDestination(request, source));
    transaction.attach({ tag: this.localTag, cancelled: () => this.#close({ status: 487 }, "cancelled") });
    context.incoming.add(this);
    const understood = context.supported.includes(RELIABLE);
    this.reliable = understood && namesOption(request, "require", RELIABLE);
    this.#canAcknowledge = understood && (this.reliable || namesOption(request, "supported", RELIABLE));
    this.#offers = new EarlyOffers(context, this.#localTarget, request.body.length > 0 ? "theirs" : "none");
    const expires = request.headers.get("expires");
    if (expires !== undefined && /^\d{1,6}$/.test(expires) && expires !== "0") {
      this.#expires = context.timers.start(Number(expires) * 1000, () => this.#close({ status: 487 }, "expired"));
    }
  }

  get state(): IncomingInviteState {
    return this.#state;
  }

  get session(): StackSession | undefined {
    return this.#session;
  }

  get closed(): Promise<Closed> {
    return this.#closed.promise;
  }

  handle(handlers: { readonly reoffer?: (offer: IncomingReoffer) => void }): void {
    this.#offers.handler = handlers.reoffer ?? this.#offers.handler;
  }

  update(options: BodyOptions = {}): Promise<RequestOutcome> {
    const dialog = this.#dialog;
    if (this.#state !== "ringing" || dialog === undefined) return Promise.resolve({ status: 481, cause: "ended" });
    this.#requests ??= new DialogRequests(this.#context, dialog);
    return this.#offers.send(options, (body) => (this.#requests as DialogRequests).send("UPDATE", body));
  }

  ring(options?: BodyOptions & { readonly prack?: PrackHandler }): void {
    this.progress({ ...options, status: 180 });
  }

  progress(options: ResponseOptions & { readonly prack?: PrackHandler }): void {
    if (this.#state !== "trying" && this.#state !== "ringing") return;
    if (options.status < 100 || options.status > 199) throw new SipError("SIP_INVALID_STATE", `no provisional status: ${options.status}`);
    const response = makeResponse(this.#context, this.request, options, this.localTag);
    if (options.status > 100) {
      this.#addDialogHeaders(response);
      this.#openDialog();
      this.#state = "ringing";
    }
    if (options.status > 100 && (this.reliable || (this.#canAcknowledge && response.body.length > 0))) this.#sendReliably(response, options.prack);
    else this.#transaction.respond(response);
    this.#repeat?.cancel();
    this.#scheduleRepeat(response);
  }

  #sendReliably(response: SipResponse, prack: PrackHandler | undefined): void {
    response.headers.set("require", RELIABLE);
    this.#provisionals ??= new ReliableProvisionals(this.#context, this.#transaction, this.request.cseq.seq, () => this.#close({ status: 504, reason: "No PRACK" }, "unacknowledged"));
    let handler = prack;
    if (response.body.length > 0) {
      if (this.#offers.state === "none") {
        // Ours is the offer; the PRACK brings the answer.
        this.#offers.state = "ours";
        handler = (incoming) => {
          this.#offers.state = "settled";
          if (prack === undefined) incoming.respond({ status: 200 });
          else prack(incoming);
        };
      } else this.#offers.state = "settled";
    }
    this.#provisionals.send(response, handler);
  }

  accept(options?: BodyOptions): Promise<AcceptOutcome> {
    if (this.#state === "accepted") return Promise.resolve({ ok: false, cause: "already-answered" });
    if (this.#state === "closed") {
      const cause = this.#closeCause;
      return Promise.resolve({ ok: false, cause: notAccepted(cause) });
    }
    if (this.#waiting) return Promise.resolve({ ok: false, cause: "already-answered" });
    if (this.#provisionals?.describing === true) {
      applyBody(buildResponse(this.request, 200, undefined, this.localTag), options);
      // A 2xx must not overtake the description that is being acknowledged (RFC 3262 section 3).
      const outcome = deferred<AcceptOutcome>();
      this.#waiting = true;
      this.#provisionals.whenDescribed(() => {
        this.#waiting = false;
        void this.accept(options).then((accepted) => outcome.resolve(accepted));
      });
      void this.#closed.promise.then(({ cause }) => {
        if (cause !== "accepted") outcome.resolve({ ok: false, cause: notAccepted(cause) });
      });
      return outcome.promise;
    }
    const response = buildResponse(this.request, 200, undefined, this.localTag);
    this.#addDialogHeaders(response);
    applyBody(response, options);
    const timer = answerTimer(this.#context, this.request);
    for (const [name, value] of timer.headers) response.headers.set(name, value);
    const dialog = this.#openDialog();
    dialog.confirm(undefined, undefined, this.#context.routing);
    this.#state = "accepted";
    this.#finish("accepted");
    const session = new StackSession(this.#context, dialog, "inbound");
    session.afterProvisionals(this.#provisionals);
    session.established(this.request, options?.body, timer.terms);
    this.#session = session;
    this.#transaction.respond(response);
    this.#accepted = session.awaitConfirmation(this.#transaction, this.request.cseq.seq);
    return this.#accepted;
  }

  reject(options: ResponseOptions): void {
    if (options.status < 300 || options.status > 699) throw new SipError("SIP_INVALID_STATE", `no refusing status: ${options.status}`);
    this.#close(options, "rejected");
  }

  /** The user agent stops. */
  stop(quietly: boolean): void {
    if (quietly) {
      if (this.#state !== "trying" && this.#state !== "ringing") return;
      this.#state = "closed";
      this.#leaveDialog();
      this.#finish("stopped");
    } else this.#close({ status: 503 }, "stopped");
  }

  /** A request in the early dialog. */
  receive(request: SipRequest, source: MessageSource): void {
    const context = this.#context;
    const dialog = this.#dialog as StackDialog;
    if (request.method === "INVITE") {
      // An INVITE while the first is not answered (RFC 3261 section 14.2).
      const again = context.transactions.serveInvite(request, source);
      again.respond(makeResponse(context, request, { status: 500, retryAfter: Math.floor(context.random.number() * 11) }, undefined));
      return;
    }
    const transaction = context.transactions.serve(request, source);
    const incoming = new StackIncomingRequest(context, request, source, transaction, "");
    const bad = unsupportedOptions(request, context.supported);
    if (!dialog.acceptSeq(request)) incoming.respond({ status: 500, reason: "CSeq out of order" });
    else if (request.method === "BYE") {
      incoming.respond({ status: 200 });
      this.#close({ status: 487 }, "cancelled");
    } else if (bad.length > 0) incoming.respond({ status: 420, headers: { Unsupported: bad.join(", ") } });
    else if (request.method === "PRACK" && this.#provisionals !== undefined) this.#provisionals.receive(request, incoming);
    else if (request.method === "UPDATE") this.#offers.receive(request, source, incoming, transaction, dialog);
    else refuseEarly(context, incoming);
  }

  ack(): void {
    // before the final response there is nothing to acknowledge
  }

  #close(options: ResponseOptions, cause: Closed["cause"]): void {
    if (this.#state !== "trying" && this.#state !== "ringing") return;
    const response = makeResponse(this.#context, this.request, options, this.localTag);
    this.#state = "closed";
    this.#leaveDialog();
    this.#transaction.respond(response);
    this.#finish(cause);
  }

  #finish(cause: Closed["cause"]): void {
    this.#closeCause = cause;
    this.#provisionals?.finish();
    this.#offers.end();
    this.#requests?.abort("ended");
    this.#repeat?.cancel();
    this.#expires?.cancel();
    this.#context.incoming.delete(this);
    this.#closed.resolve({ cause });
  }

  #openDialog(): StackDialog {
    if (this.#dialog === undefined) {
      this.#dialog = StackDialog.fromRequest(this.request, this.source, this.localTag, this.#localTarget, this.#context.routing);
      this.#context.dialogs.set(this.#dialog.key, this);
    }
    return this.#dialog;
  }

  #leaveDialog(): void {
    if (this.#dialog === undefined) return;
    this.#dialog.state = "terminated";
    if (this.#context.dialogs.get(this.#dialog.key) === this) this.#context.dialogs.delete(this.#dialog.key);
  }

  #addDialogHeaders(response: SipResponse): void {
    const { headers } = response;
    headers.copyFrom(this.request.headers, "record-route");
    headers.set("contact", `<${this.#localTarget}>`);
    headers.set("allow", this.#context.allow);
    if (this.#context.supported.length > 0) headers.set("supported", this.#context.supported.join(", "));
    headers.set("server", this.#context.userAgentHeader);
  }

  #scheduleRepeat(response: SipResponse): void {
    this.#repeat = this.#context.timers.start(REPEAT_PROVISIONAL_MS, () => {
      this.#transaction.respond(response);
      this.#scheduleRepeat(response);
    });
  }
}

function notAccepted(cause: Closed["cause"]): Extract<AcceptOutcome, { ok: false }>["cause"] {
  if (cause === "cancelled" || cause === "expired") return "cancelled";
  if (cause === "unacknowledged") return "no-prack";
  return cause === "stopped" ? "stopped" : "already-answered";
}
