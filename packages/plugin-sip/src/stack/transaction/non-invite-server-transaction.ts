import type { SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { Destination } from "../transport/types.js";
import type { TransactionContext } from "./types.js";

/**
 * RFC 3261 section 17.2.2.
 * ```
 * trying --1xx--> proceeding --200-699--> completed --J--> terminated
 *    \_______________________200-699________^
 * ```
 */
export type NonInviteServerState = "trying" | "proceeding" | "completed" | "terminated";

export class NonInviteServerTransaction {
  readonly key: string;
  readonly mergeKey: string | undefined;
  readonly destination: Destination;
  state: NonInviteServerState = "trying";
  readonly #context: TransactionContext;
  readonly #reliable: boolean;
  #last: Buffer | undefined;
  #timer: QueuedTimer | undefined;

  constructor(key: string, mergeKey: string | undefined, destination: Destination, reliable: boolean, context: TransactionContext) {
    this.key = key;
    this.mergeKey = mergeKey;
    this.destination = destination;
    this.#reliable = reliable;
    this.#context = context;
  }

  respond(response: SipResponse): void {
    if (this.state === "completed" || this.state === "terminated") return;
    this.#last = response.toBuffer();
    if (response.status < 200) this.state = "proceeding";
    else {
      this.state = "completed";
      if (!this.#reliable) {
        this.#timer = this.#context.timers.start(this.#context.values.t64, this.#end);
        this.#context.serverAnswered(this.key);
      }
    }
    this.#send();
    if (this.#reliable && this.state === "completed") this.terminate();
  }

  /** The request came again. */
  retransmitted(): void {
    this.#context.counters.retransmissionsReceived++;
    this.#send();
  }

  terminate(): void {
    if (this.state === "terminated") return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.state = "terminated";
    this.#last = undefined;
    this.#context.serverEnded(this.key, this.mergeKey);
  }

  #send(): void {
    if (this.#last !== undefined) this.#context.send(this.#last, this.destination, this.#failed);
  }

  readonly #end = (): void => this.terminate();

  readonly #failed = (): void => {
    // The sender repeats its request or gives up; there is nothing to be done for it here.
  };
}
