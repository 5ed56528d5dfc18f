import { deferred } from "../deferred.js";
import { buildResponse } from "../message/build.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { InviteServerTransaction } from "../transaction/invite-server-transaction.js";
import type { NonInviteServerTransaction } from "../transaction/non-invite-server-transaction.js";
import type { MessageSource } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { applyBody, makeResponse } from "./message-parts.js";
import type { BodyOptions, IncomingReoffer, ResponseOptions } from "./session-types.js";

/** What a re-offer tells its session. */
export interface ReofferOwner {
  readonly localTarget: string;
  /** Session timer headers of a 2xx; it is sent with them. */
  refreshed?(request: SipRequest, body: Buffer | string | undefined): readonly (readonly [name: string, value: string])[];
  /** The final response went out; for a 2xx the target refresh takes effect now. */
  answered(reoffer: StackIncomingReoffer, accepted: boolean): void;
  /** Watches for the ACK to our 2xx. */
  awaitAck(transaction: InviteServerTransaction, request: SipRequest, settled: (ack: SipRequest | undefined) => void): void;
}

/** A re-INVITE or UPDATE with a new description. */
export class StackIncomingReoffer implements IncomingReoffer {
  readonly request: SipRequest;
  readonly source: MessageSource;
  readonly method: "INVITE" | "UPDATE";
  readonly #context: UaContext;
  readonly #owner: ReofferOwner;
  readonly #transaction: InviteServerTransaction | NonInviteServerTransaction;
  readonly #invite: InviteServerTransaction | undefined;
  #answered = false;
  #guard: QueuedTimer | undefined;
  #ack: Promise<SipRequest | undefined> = Promise.resolve(undefined);

  constructor(
    context: UaContext, owner: ReofferOwner, request: SipRequest, source: MessageSource,
    transaction: { readonly invite: InviteServerTransaction } | { readonly update: NonInviteServerTransaction },
  ) {
    this.#context = context;
    this.#owner = owner;
    this.request = request;
    this.source = source;
    this.#invite = "invite" in transaction ? transaction.invite : undefined;
    this.#transaction = "invite" in transaction ? transaction.invite : transaction.update;
    this.method = this.#invite === undefined ? "UPDATE" : "INVITE";
    // A CANCEL of a re-INVITE ends the re-INVITE, not the call (RFC 3261 section 9.2).
    this.#invite?.attach({ cancelled: () => this.respond({ status: 487 }) });
  }

  get answered(): boolean {
    return this.#answered;
  }

  respond(options: ResponseOptions): void {
    if (this.#answered) return;
    if (options.status >= 200 && options.status < 300) {
      void this.accept(options);
      return;
    }
    const response = makeResponse(this.#context, this.request, options, undefined);
    if (options.status >= 200) this.#close(false);
    this.#transaction.respond(response);
  }

  accept(options?: BodyOptions): Promise<SipRequest | undefined> {
    if (this.#answered) return this.#ack;
    const response = this.#success(options);
    this.#close(true);
    this.#transaction.respond(response);
    const invite = this.#invite;
    if (invite !== undefined) {
      const acked = deferred<SipRequest | undefined>();
      this.#ack = acked.promise;
      this.#owner.awaitAck(invite, this.request, (ack) => acked.resolve(ack));
    }
    return this.#ack;
  }

  /** Runs the handler of the application; what it leaves open is closed in time. */
  serve(handler: () => void): void {
    if (!this.#context.guard("reoffer handler", handler)) this.respond({ status: 500 });
    if (!this.#answered) this.#guard = this.#context.timers.start(this.#context.transactions.values.t64 - 500, () => this.respond({ status: 500, reason: "Not answered in time" }));
  }

  #success(options: BodyOptions | undefined): SipResponse {
    const response = buildResponse(this.request, 200, undefined, undefined);
    const { headers } = response;
    headers.copyFrom(this.request.headers, "record-route");
    headers.append("contact", `<${this.#owner.localTarget}>`);
    headers.append("allow", this.#context.allow);
    if (this.#context.supported.length > 0) headers.append("supported", this.#context.supported.join(", "));
    headers.append("server", this.#context.userAgentHeader);
    applyBody(response, options);
    for (const [name, value] of this.#owner.refreshed?.(this.request, options?.body) ?? []) headers.set(name, value);
    return response;
  }

  #close(accepted: boolean): void {
    this.#answered = true;
    this.#guard?.cancel();
    this.#owner.answered(this, accepted);
  }
}
