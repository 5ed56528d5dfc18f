import { deferred } from "../deferred.js";
import { reasonPhrase } from "../message/reason-phrases.js";
import type { SipRequest } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { NonInviteServerTransaction } from "../transaction/non-invite-server-transaction.js";
import type { MessageSource } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { StackIncomingRequest } from "./incoming-request.js";
import type { IncomingRefer, Referral, RequestOutcome } from "./session-types.js";

/** How long a subscription made by REFER lives without news. */
const SUBSCRIPTION_SECONDS = 180;

/** Sends a NOTIFY in the dialog. */
export type NotifySender = (headers: Readonly<Record<string, string>>, body: string) => Promise<RequestOutcome>;

/** A REFER that came in. NOTIFYs are sent one after the other, so that they arrive in order. */
export class StackIncomingRefer extends StackIncomingRequest implements IncomingRefer {
  readonly target: string;
  readonly referredBy: string | undefined;
  readonly #notify: NotifySender;
  readonly #released: () => void;
  readonly #silent: boolean;
  #queue: Promise<unknown> = Promise.resolve();
  #open = false;
  #ended = false;
  #expiry: QueuedTimer | undefined;

  constructor(
    context: UaContext, request: SipRequest, source: MessageSource, transaction: NonInviteServerTransaction, target: string, notify: NotifySender, released: () => void,
  ) {
    super(context, request, source, transaction, "");
    this.target = target;
    this.referredBy = request.headers.get("referred-by");
    this.#notify = notify;
    this.#released = released;
    this.#silent = request.headers.get("refer-sub")?.trim().toLowerCase().startsWith("false") === true;
  }

  accept(): void {
    if (this.answered) return;
    this.respond({ status: 202, headers: this.#silent ? { "Refer-Sub": "false" } : undefined });
    if (this.#silent) {
      this.#release();
      return;
    }
    this.#open = true;
    this.#expiry = this.context.timers.start(SUBSCRIPTION_SECONDS * 1000, () => this.#close("timeout", 408, undefined));
    this.notify(100);
  }

  notify(status: number, reason?: string): void {
    if (!this.#open) return;
    this.#send(`active;expires=${SUBSCRIPTION_SECONDS}`, status, reason);
  }

  async finish(status: number, reason?: string): Promise<void> {
    this.#close("noresource", status, reason);
    await this.#queue;
  }

  /** The dialog is gone: nothing can be reported any more. */
  abandon(): void {
    this.#open = false;
    this.#release();
  }

  #close(why: string, status: number, reason: string | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#send(`terminated;reason=${why}`, status, reason);
    void this.#queue.then(() => this.#release());
  }

  #send(state: string, status: number, reason: string | undefined): void {
    const headers = { Event: `refer;id=${this.request.cseq.seq}`, "Subscription-State": state, "Content-Type": "message/sipfrag;version=2.0" };
    const body = `SIP/2.0 ${status} ${(reason ?? reasonPhrase(status)).replace(/[\r\n]+/g, " ")}\r\n`;
    this.#queue = this.#queue.then(async () => {
      if (this.#ended) return;
      const outcome = await this.#notify(headers, body);
      // The subscriber does not want to hear more (RFC 6665 section 4.2.2).
      if (outcome.status >= 300) this.abandon();
    });
  }

  #release(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    this.#expiry?.cancel();
    this.#released();
  }
}

/** A REFER of ours. */
export class StackReferral implements Referral {
  readonly #accepted = deferred<RequestOutcome>();
  readonly #finished = deferred<{ readonly status: number | undefined }>();
  readonly #notified: ((status: number) => void) | undefined;
  readonly #released: () => void;
  readonly #expiry: QueuedTimer;
  #last: number | undefined;

  constructor(context: UaContext, notified: ((status: number) => void) | undefined, released: (referral: StackReferral) => void) {
    this.#notified = notified;
    this.#released = () => released(this);
    this.#expiry = context.timers.start(SUBSCRIPTION_SECONDS * 1000, () => this.end());
  }

  get accepted(): Promise<RequestOutcome> {
    return this.#accepted.promise;
  }

  get finished(): Promise<{ readonly status: number | undefined }> {
    return this.#finished.promise;
  }

  answered(outcome: RequestOutcome): void {
    this.#accepted.resolve(outcome);
    const silent = outcome.response?.headers.get("refer-sub")?.trim().toLowerCase().startsWith("false") === true;
    if (outcome.status >= 300 || silent) this.end();
  }

  /** A NOTIFY of the subscription. */
  notify(request: SipRequest): void {
    const match = /^SIP\/2\.0 (\d{3})/i.exec(request.body.toString("latin1", 0, 64));
    if (match !== null) {
      this.#last = Number(match[1]);
      this.#notified?.(this.#last);
    }
    const terminated = request.headers.get("subscription-state")?.trim().toLowerCase().startsWith("terminated") === true;
    if (terminated || (this.#last !== undefined && this.#last >= 200)) this.end();
  }

  end(): void {
    if (this.#finished.settled) return;
    this.#expiry.cancel();
    this.#accepted.resolve({ status: 503, cause: "ended" });
    this.#finished.resolve({ status: this.#last });
    this.#released();
  }
}
