import type { SipRequest } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { NonInviteServerTransaction } from "../transaction/non-invite-server-transaction.js";
import type { MessageSource } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { makeResponse } from "./message-parts.js";
import type { IncomingRequest, ResponseOptions } from "./session-types.js";

/** A request other than INVITE, to be answered once. */
export class StackIncomingRequest implements IncomingRequest {
  readonly request: SipRequest;
  readonly source: MessageSource;
  readonly context: UaContext;
  readonly #transaction: NonInviteServerTransaction;
  readonly #toTag: string;
  #answered = false;
  #guard: QueuedTimer | undefined;

  constructor(context: UaContext, request: SipRequest, source: MessageSource, transaction: NonInviteServerTransaction, toTag: string) {
    this.context = context;
    this.request = request;
    this.source = source;
    this.#transaction = transaction;
    this.#toTag = toTag;
  }

  get answered(): boolean {
    return this.#answered;
  }

  respond(options: ResponseOptions): void {
    if (this.#answered) return;
    const response = makeResponse(this.context, this.request, options, this.#toTag);
    if (options.status >= 200) {
      this.#answered = true;
      this.#guard?.cancel();
    }
    this.#transaction.respond(response);
  }

  /** Runs the application's handler. A throw is answered 500; silence too, shortly before the sender gives up. */
  serve(what: string, handler: () => void): void {
    if (!this.context.guard(what, handler)) this.respond({ status: 500 });
    if (!this.#answered) this.#guard = this.context.timers.start(this.context.transactions.values.t64 - 500, () => this.respond({ status: 500, reason: "Not answered in time" }));
  }
}
