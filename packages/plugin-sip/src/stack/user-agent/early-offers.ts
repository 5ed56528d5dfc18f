import type { StackDialog } from "../dialog/dialog.js";
import type { SipRequest } from "../message/message.js";
import type { NonInviteServerTransaction } from "../transaction/non-invite-server-transaction.js";
import type { MessageSource } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { StackIncomingReoffer } from "./incoming-reoffer.js";
import type { StackIncomingRequest } from "./incoming-request.js";
import type { BodyOptions, IncomingReoffer, RequestOutcome } from "./session-types.js";

/**
 * Offer and answer in one early dialog, as far as UPDATE needs it (RFC 3311 section 5): whose offer is open.
 * ```
 * none --reliable response with a body--> ours --PRACK--> settled      (we are called, the INVITE had no offer)
 * theirs --reliable response with a body--> settled                    (we are called)
 * ours --reliable response with a body--> settled                      (we call)
 * ```
 */
export class EarlyOffers {
  state: "none" | "ours" | "theirs" | "settled";
  handler: ((offer: IncomingReoffer) => void) | undefined;
  readonly #context: UaContext;
  readonly #localTarget: string;
  #sending = false;
  #open: StackIncomingReoffer | undefined;

  constructor(context: UaContext, localTarget: string, state: "none" | "ours" | "theirs") {
    this.#context = context;
    this.#localTarget = localTarget;
    this.state = state;
  }

  /** An UPDATE of ours. With an offer it goes out only where none is open (section 5.1): 491 without asking the peer. */
  async send(options: BodyOptions, send: (options: BodyOptions) => Promise<RequestOutcome>): Promise<RequestOutcome> {
    if (options.body === undefined) return send(options);
    if (this.state !== "settled" || this.#sending || this.#open !== undefined) return { status: 491, cause: "ended" };
    this.#sending = true;
    try {
      return await send(options);
    } finally {
      this.#sending = false;
    }
  }

  /** An UPDATE of theirs (section 5.2). */
  receive(request: SipRequest, source: MessageSource, incoming: StackIncomingRequest, transaction: NonInviteServerTransaction, dialog: StackDialog): void {
    const context = this.#context;
    if (request.body.length === 0) {
      dialog.refreshTarget(request, source, context.routing);
      incoming.respond({ status: 200, headers: { Contact: `<${this.#localTarget}>` } });
    } else if (this.#sending || this.state === "ours") incoming.respond({ status: 491 });
    else if (this.#open !== undefined || this.state === "theirs") incoming.respond({ status: 500, retryAfter: Math.floor(context.random.number() * 11) });
    else if (this.handler === undefined) incoming.respond({ status: 488 });
    else {
      const { handler } = this;
      const offer: StackIncomingReoffer = new StackIncomingReoffer(
        context,
        {
          localTarget: this.#localTarget,
          answered: (answered, accepted) => {
            if (accepted) {
              this.state = "settled";
              dialog.refreshTarget(answered.request, answered.source, context.routing);
            }
            this.#open = undefined;
          },
          awaitAck: () => undefined,
        },
        request,
        source,
        { update: transaction },
      );
      this.#open = offer;
      offer.serve(() => handler(offer));
    }
  }

  /** The early dialog is over, or has become a session. */
  end(): void {
    this.#open?.respond({ status: 487 });
  }
}
