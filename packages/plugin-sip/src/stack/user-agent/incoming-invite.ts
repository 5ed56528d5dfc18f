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
import { applyBody, makeResponse } from "./message-parts.js";
import { StackSession } from "./session.js";
import type { AcceptOutcome, BodyOptions, IncomingInvite, IncomingInviteState, ResponseOptions } from "./session-types.js";

/** A provisional response is repeated this often so that proxies do not give up (RFC 3261 section 13.3.1.1). */
const REPEAT_PROVISIONAL_MS = 60_000;

type Closed = { readonly cause: "accepted" | "rejected" | "cancelled" | "expired" | "stopped" };

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

  constructor(context: UaContext, request: SipRequest, source: MessageSource, transaction: InviteServerTransaction) {
    this.#context = context;
    this.request = request;
    this.source = source;
    this.#transaction = transaction;
    this.localTag = context.random.id(12);
    this.#localTarget = context.contactUri(uriUser(request.parsedUri()), responseDestination(request, source));
    transaction.attach({ cancelled: () => this.#close({ status: 487 }, "cancelled") });
    context.incoming.add(this);
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

  ring(options?: BodyOptions): void {
    this.progress({ ...options, status: 180 });
  }

  progress(options: ResponseOptions): void {
    if (this.#state !== "trying" && this.#state !== "ringing") return;
    if (options.status < 100 || options.status > 199) throw new SipError("SIP_INVALID_STATE", `no provisional status: ${options.status}`);
    const response = makeResponse(this.#context, this.request, options, this.localTag);
    if (options.status > 100) {
      this.#addDialogHeaders(response);
      this.#openDialog();
      this.#state = "ringing";
    }
    this.#transaction.respond(response);
    this.#repeat?.cancel();
    this.#scheduleRepeat(response);
  }

  accept(options?: BodyOptions): Promise<AcceptOutcome> {
    if (this.#state === "accepted") return Promise.resolve({ ok: false, cause: "already-answered" });
    if (this.#state === "closed") {
      const cause = this.#closeCause;
      return Promise.resolve({ ok: false, cause: cause === "cancelled" || cause === "expired" ? "cancelled" : cause === "stopped" ? "stopped" : "already-answered" });
    }
    const response = buildResponse(this.request, 200, undefined, this.localTag);
    this.#addDialogHeaders(response);
    applyBody(response, options);
    const dialog = this.#openDialog();
    dialog.confirm(undefined, undefined, this.#context.routing);
    this.#state = "accepted";
    this.#finish("accepted");
    const session = new StackSession(this.#context, dialog, "inbound");
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
    const { transactions } = this.#context;
    const transaction = transactions.serve(request, source);
    if (!(this.#dialog as StackDialog).acceptSeq(request)) transaction.respond(makeResponse(this.#context, request, { status: 500, reason: "CSeq out of order" }, undefined));
    else if (request.method === "BYE") {
      transaction.respond(makeResponse(this.#context, request, { status: 200 }, undefined));
      this.#close({ status: 487 }, "cancelled");
    } else if (request.method === "OPTIONS") transaction.respond(makeResponse(this.#context, request, { status: 200, headers: { Allow: this.#context.allow } }, undefined));
    else transaction.respond(makeResponse(this.#context, request, { status: request.method === "UPDATE" ? 488 : 481 }, undefined));
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
