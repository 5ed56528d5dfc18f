import type { SipError } from "../errors.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { Destination, MessageSource } from "../transport/types.js";
import type { ClientTransactionUser, TransactionContext } from "./types.js";

/**
 * RFC 3261 section 17.1.2.
 * ```
 * trying --1xx--> proceeding --200-699--> completed --K--> terminated
 *    \________________\---F, transport error-----------------^
 * ```
 */
export type NonInviteClientState = "trying" | "proceeding" | "completed" | "terminated";

export class NonInviteClientTransaction {
  readonly key: string;
  readonly request: SipRequest;
  readonly destination: Destination;
  state: NonInviteClientState = "trying";
  readonly #context: TransactionContext;
  readonly #user: ClientTransactionUser;
  readonly #reliable: boolean;
  #bytes: Buffer | undefined;
  #retransmit: QueuedTimer | undefined;
  #deadline: QueuedTimer | undefined;
  #interval: number;

  constructor(key: string, request: SipRequest, destination: Destination, reliable: boolean, context: TransactionContext, user: ClientTransactionUser) {
    this.key = key;
    this.request = request;
    this.destination = destination;
    this.#reliable = reliable;
    this.#context = context;
    this.#user = user;
    this.#bytes = request.toBuffer();
    this.#interval = context.values.t1;
  }

  start(): void {
    const { timers, values } = this.#context;
    this.#deadline = timers.start(values.t64, this.#timedOut);
    if (!this.#reliable) this.#retransmit = timers.start(this.#interval, this.#resend);
    this.#send();
  }

  receive(response: SipResponse, source: MessageSource): void {
    if (this.state === "completed" || this.state === "terminated") {
      this.#context.counters.retransmissionsReceived++;
      return;
    }
    if (response.status < 200) {
      this.state = "proceeding";
      this.#interval = this.#context.values.t2;
      this.#user.response(response, source);
      return;
    }
    this.state = "completed";
    this.#stopTimers();
    this.#bytes = undefined;
    if (!this.#reliable) this.#deadline = this.#context.timers.start(this.#context.values.t4, () => this.terminate());
    this.#user.response(response, source);
    if (this.#reliable) this.terminate();
  }

  /** Gives up on a peer that has said nothing. */
  abandon(): void {
    if (this.state === "trying") this.#timedOut();
  }

  terminate(): void {
    if (this.state === "terminated") return;
    this.#stopTimers();
    this.state = "terminated";
    this.#context.clientEnded(this.key);
    this.#user.terminated?.();
  }

  #send(): void {
    if (this.#bytes !== undefined) this.#context.send(this.#bytes, this.destination, (error) => this.#failed(error));
  }

  readonly #resend = (): void => {
    const { counters, timers, values } = this.#context;
    counters.retransmissionsSent++;
    this.#interval = this.state === "proceeding" ? values.t2 : Math.min(this.#interval * 2, values.t2);
    this.#retransmit = timers.start(this.#interval, this.#resend);
    this.#send();
  };

  readonly #timedOut = (): void => {
    this.#stopTimers();
    this.state = "terminated";
    this.#context.clientEnded(this.key);
    this.#user.timeout();
    this.#user.terminated?.();
  };

  #failed(error: SipError): void {
    if (this.state !== "trying" && this.state !== "proceeding") return;
    this.#stopTimers();
    this.state = "terminated";
    this.#context.clientEnded(this.key);
    this.#user.transportError(error);
    this.#user.terminated?.();
  }

  #stopTimers(): void {
    this.#retransmit?.cancel();
    this.#deadline?.cancel();
    this.#retransmit = this.#deadline = undefined;
  }
}
