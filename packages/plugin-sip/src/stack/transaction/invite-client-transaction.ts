import type { SipError } from "../errors.js";
import { SipHeaders } from "../message/headers.js";
import { SipRequest, type SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { Destination, MessageSource } from "../transport/types.js";
import type { ClientTransactionUser, TransactionContext } from "./types.js";

/**
 * RFC 3261 section 17.1.1 with the accepted state of RFC 6026.
 * ```
 * calling --1xx--> proceeding --2xx--> accepted --M--> terminated
 *    |  \______________\________2xx______^                 ^
 *    |                  \--300-699--> completed --D-------/
 *    \--B, transport error, silence while proceeding------/
 * ```
 */
export type InviteClientState = "calling" | "proceeding" | "completed" | "accepted" | "terminated";

export class InviteClientTransaction {
  readonly key: string;
  readonly request: SipRequest;
  readonly destination: Destination;
  state: InviteClientState = "calling";
  readonly #context: TransactionContext;
  readonly #user: ClientTransactionUser;
  readonly #reliable: boolean;
  readonly #bytes: Buffer;
  #retransmit: QueuedTimer | undefined;
  #deadline: QueuedTimer | undefined;
  #interval: number;
  #ack: Buffer | undefined;

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
    this.#send(this.#bytes);
  }

  receive(response: SipResponse, source: MessageSource): void {
    const { status } = response;
    const { values, timers, counters } = this.#context;
    if (this.state === "terminated") return;
    if (status < 200) {
      if (this.state !== "calling" && this.state !== "proceeding") return;
      this.state = "proceeding";
      this.#stopTimers();
      this.#deadline = timers.start(values.silence, this.#timedOut);
      this.#user.response(response, source);
      return;
    }
    if (status < 300) {
      if (this.state === "completed") return;
      if (this.state !== "accepted") {
        this.state = "accepted";
        this.#stopTimers();
        this.#deadline = timers.start(values.t64, this.#end);
      } else counters.retransmissionsReceived++;
      this.#user.response(response, source);
      return;
    }
    if (this.state === "accepted") return;
    if (this.state === "completed") {
      counters.retransmissionsReceived++;
      if (this.#ack !== undefined) this.#send(this.#ack);
      return;
    }
    this.state = "completed";
    this.#stopTimers();
    this.#ack = ackFor(this.request, response).toBuffer();
    this.#send(this.#ack);
    if (!this.#reliable) this.#deadline = timers.start(values.t64, this.#end);
    this.#user.response(response, source);
    if (this.#reliable) this.#end();
  }

  /** The CANCEL for this INVITE (section 9.1), to be sent in a transaction of its own with the same branch. */
  cancelRequest(): SipRequest {
    return derived(this.request, "CANCEL", this.request.headers.get("to") as string);
  }

  /** For a cancelled INVITE that gets no final response (section 9.1), and for a peer that says nothing: gives up. */
  abandon(): void {
    if (this.state === "calling" || this.state === "proceeding") this.#timedOut();
  }

  /** Ends without telling anyone but `terminated`. */
  terminate(): void {
    this.#end();
  }

  #send(bytes: Buffer): void {
    this.#context.send(bytes, this.destination, (error) => this.#failed(error));
  }

  readonly #resend = (): void => {
    this.#context.counters.retransmissionsSent++;
    this.#interval *= 2;
    this.#retransmit = this.#context.timers.start(this.#interval, this.#resend);
    this.#send(this.#bytes);
  };

  readonly #timedOut = (): void => {
    this.#stopTimers();
    this.state = "terminated";
    this.#context.clientEnded(this.key);
    this.#user.timeout();
    this.#user.terminated?.();
  };

  #failed(error: SipError): void {
    if (this.state !== "calling" && this.state !== "proceeding") return;
    this.#stopTimers();
    this.state = "terminated";
    this.#context.clientEnded(this.key);
    this.#user.transportError(error);
    this.#user.terminated?.();
  }

  readonly #end = (): void => {
    if (this.state === "terminated") return;
    this.#stopTimers();
    this.state = "terminated";
    this.#context.clientEnded(this.key);
    this.#user.terminated?.();
  };

  #stopTimers(): void {
    this.#retransmit?.cancel();
    this.#deadline?.cancel();
    this.#retransmit = this.#deadline = undefined;
  }
}

/** The ACK to a non-2xx (section 17.1.1.3): it belongs to the INVITE's transaction. */
function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  return derived(invite, "ACK", response.headers.get("to") as string);
}

function derived(invite: SipRequest, method: string, to: string): SipRequest {
  const headers = new SipHeaders();
  const asked = invite.headers;
  headers.append("via", asked.get("via") as string);
  headers.append("max-forwards", "70");
  headers.copyFrom(asked, "route");
  headers.append("from", asked.get("from") as string);
  headers.append("to", to);
  headers.append("call-id", invite.callId);
  headers.append("cseq", `${invite.cseq.seq} ${method}`);
  if (asked.has("user-agent")) headers.append("user-agent", asked.get("user-agent") as string);
  return new SipRequest(method, invite.uri, headers);
}
