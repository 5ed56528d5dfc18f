import { buildResponse } from "../message/build.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { Destination } from "../transport/types.js";
import type { InviteServerUser, TransactionContext } from "./types.js";

/**
 * RFC 3261 section 17.2.1 with the accepted state of RFC 6026.
 * ```
 * proceeding --2xx--> accepted --L--> terminated
 *      \--300-699--> completed --ACK--> confirmed --I--> terminated
 *                        \----------H---------------------^
 * ```
 */
export type InviteServerState = "proceeding" | "accepted" | "completed" | "confirmed" | "terminated";

export class InviteServerTransaction {
  readonly key: string;
  readonly mergeKey: string | undefined;
  readonly destination: Destination;
  state: InviteServerState = "proceeding";
  readonly #context: TransactionContext;
  readonly #reliable: boolean;
  #user: InviteServerUser | undefined;
  #request: SipRequest | undefined;
  #last: Buffer | undefined;
  #timer: QueuedTimer | undefined;
  #deadline: QueuedTimer | undefined;
  #interval = 0;

  /** @param waitedMs how long the request has waited: its sender must hear of it before it repeats it. */
  constructor(key: string, mergeKey: string | undefined, request: SipRequest, destination: Destination, reliable: boolean, context: TransactionContext, waitedMs: number) {
    this.key = key;
    this.mergeKey = mergeKey;
    this.destination = destination;
    this.#request = request;
    this.#reliable = reliable;
    this.#context = context;
    this.#timer = context.timers.start(Math.max(0, context.values.trying - waitedMs), this.#sendTrying);
  }

  /** Our tag in the responses, where it is a new dialog's. */
  tag: string | undefined;

  /** Who hears of CANCEL. */
  attach(user: InviteServerUser): void {
    this.#user = user;
    this.tag = user.tag;
  }

  /** Sends a response of the user. Anything after a final one is ignored. */
  respond(response: SipResponse): void {
    if (this.state !== "proceeding") return;
    const { timers, values } = this.#context;
    this.#timer?.cancel();
    this.#timer = undefined;
    const first = this.#last === undefined;
    this.#last = response.toBuffer();
    const { status } = response;
    if (status >= 200) {
      // What follows needs only the bytes: tens of thousands of these may wait out their last timer.
      this.#request = undefined;
      this.#user = undefined;
      if (status < 300) {
        this.state = "accepted";
        this.#deadline = timers.start(values.t64, () => this.terminate());
      } else if (first && (status === 401 || status === 407)) {
        // Who asks without credentials may be anybody, at an address that is not his own: one challenge, kept as long as copies
        // of the request may be under way (section 26.3.2.4), and nothing that is repeated to whoever lives there. A sender that
        // did not get it repeats the request, since it has heard nothing else.
        this.state = "completed";
        this.#deadline = timers.start(values.t4, () => this.terminate());
      } else {
        this.state = "completed";
        this.#deadline = timers.start(values.t64, () => this.terminate());
        if (!this.#reliable) {
          this.#interval = values.t1;
          this.#timer = timers.start(this.#interval, this.#resend);
        }
      }
      if (status >= 300) this.#context.serverAnswered(this.key);
    }
    this.#send();
  }

  /** Sends the 2xx again: the user does so until the ACK comes (section 13.3.1.4). */
  repeatSuccess(): void {
    if (this.state !== "accepted") return;
    this.#context.counters.retransmissionsSent++;
    this.#send();
  }

  /** The 2xx arrived: it need not be kept any longer. */
  forgetSuccess(): void {
    if (this.state === "accepted") this.#last = undefined;
  }

  /** The INVITE came again. */
  retransmitted(): void {
    this.#context.counters.retransmissionsReceived++;
    if (this.state === "proceeding") {
      if (this.#last === undefined) this.#sendTrying();
      else this.#send();
    } else if (this.state === "completed") this.#send();
  }

  /** An ACK with our branch. True when it was for a non-2xx and is done with. */
  ack(): boolean {
    if (this.state === "accepted" || this.state === "proceeding") return false;
    if (this.state !== "completed") return true;
    this.#stopTimers();
    this.state = "confirmed";
    this.#last = undefined;
    if (this.#reliable) this.terminate();
    else this.#deadline = this.#context.timers.start(this.#context.values.t4, () => this.terminate());
    return true;
  }

  /** A CANCEL matched. False when the final response has been sent already. */
  cancel(request: SipRequest): boolean {
    if (this.state !== "proceeding") return false;
    this.#user?.cancelled(request);
    return true;
  }

  terminate(): void {
    if (this.state === "terminated") return;
    this.#stopTimers();
    this.state = "terminated";
    this.#last = undefined;
    this.#request = undefined;
    this.#user = undefined;
    this.#context.serverEnded(this.key, this.mergeKey);
  }

  #send(): void {
    if (this.#last !== undefined) this.#context.send(this.#last, this.destination, this.#failed);
  }

  readonly #sendTrying = (): void => {
    this.#timer?.cancel();
    if (this.state !== "proceeding" || this.#last !== undefined || this.#request === undefined) return;
    this.#last = buildResponse(this.#request, 100, undefined, undefined).toBuffer();
    this.#send();
  };

  readonly #resend = (): void => {
    const { counters, timers, values } = this.#context;
    counters.retransmissionsSent++;
    this.#interval = Math.min(this.#interval * 2, values.t2);
    this.#timer = timers.start(this.#interval, this.#resend);
    this.#send();
  };

  readonly #failed = (): void => {
    // Over a connection nobody will ask again: a refusal that cannot be delivered is done with. A 2xx is
    // repeated by its user until it gets through, a lost datagram asked for by the sender.
    if (this.#reliable && this.state === "completed") this.terminate();
  };

  #stopTimers(): void {
    this.#timer?.cancel();
    this.#deadline?.cancel();
    this.#timer = this.#deadline = undefined;
  }
}
