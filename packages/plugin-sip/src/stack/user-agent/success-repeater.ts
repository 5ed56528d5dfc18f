import type { QueuedTimer } from "../timer-queue.js";
import type { InviteServerTransaction } from "../transaction/invite-server-transaction.js";
import type { SipRequest } from "../message/message.js";
import type { UaContext } from "./context.js";

/** Repeats a 2xx to an INVITE until its ACK comes or 64*T1 have passed (RFC 3261 section 13.3.1.4). */
export class SuccessRepeater {
  /** CSeq number of the INVITE. */
  readonly seq: number;
  readonly #context: UaContext;
  readonly #transaction: InviteServerTransaction;
  readonly #settled: (ack: SipRequest | undefined) => void;
  #interval: number;
  #repeat: QueuedTimer | undefined;
  #deadline: QueuedTimer | undefined;

  /** `settled` hears once: the ACK, or `undefined` when none came. */
  constructor(context: UaContext, transaction: InviteServerTransaction, seq: number, settled: (ack: SipRequest | undefined) => void) {
    this.#context = context;
    this.#transaction = transaction;
    this.seq = seq;
    this.#settled = settled;
    const { values } = context.transactions;
    this.#interval = values.t1;
    this.#repeat = context.timers.start(this.#interval, this.#again);
    this.#deadline = context.timers.start(values.t64, () => this.#end(undefined));
  }

  ack(request: SipRequest): void {
    this.#end(request);
  }

  /** Stops repeating: the dialog is gone. */
  stop(): void {
    this.#end(undefined);
  }

  readonly #again = (): void => {
    this.#interval = Math.min(this.#interval * 2, this.#context.transactions.values.t2);
    this.#repeat = this.#context.timers.start(this.#interval, this.#again);
    this.#transaction.repeatSuccess();
  };

  #end(ack: SipRequest | undefined): void {
    if (this.#deadline === undefined) return;
    this.#repeat?.cancel();
    this.#deadline.cancel();
    this.#deadline = undefined;
    this.#transaction.forgetSuccess();
    this.#settled(ack);
  }
}
