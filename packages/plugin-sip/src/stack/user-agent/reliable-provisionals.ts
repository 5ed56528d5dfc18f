import type { AnySipMessage, SipRequest, SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { InviteServerTransaction } from "../transaction/invite-server-transaction.js";
import type { UaContext } from "./context.js";
import type { StackIncomingRequest } from "./incoming-request.js";
import type { PrackHandler } from "./session-types.js";

/** Option tag of RFC 3262. */
export const RELIABLE = "100rel";

/** Whether a token-list header names this option. One that cannot be read names none. */
export function namesOption(message: AnySipMessage, header: "require" | "supported" | "allow", option: string): boolean {
  if (!message.headers.has(header)) return false;
  try {
    const wanted = option.toLowerCase();
    return message.headers.tokens(header).some((tag) => tag.toLowerCase() === wanted);
  } catch {
    return false;
  }
}

/** The number of a provisional response that has to be acknowledged by PRACK; `undefined` for the others. */
export function reliableSeq(response: SipResponse): number | undefined {
  if (response.status <= 100 || response.status >= 200 || !namesOption(response, "require", RELIABLE)) return undefined;
  const text = response.headers.get("rseq") ?? "";
  const seq = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return seq >= 1 && seq < 2 ** 32 ? seq : undefined;
}

/** Whether this provisional response is one that a PRACK acknowledges: an answer in it is final (RFC 3262 section 5). */
export function isReliable(response: SipResponse): boolean {
  return reliableSeq(response) !== undefined;
}

interface Sent {
  readonly response: SipResponse;
  readonly prack: PrackHandler | undefined;
  seq: number;
}

/**
 * The provisional responses of one INVITE that are sent until a PRACK acknowledges them (RFC 3262 section 3). One at a time:
 * the next goes out when the one before it is acknowledged.
 */
export class ReliableProvisionals {
  readonly #context: UaContext;
  readonly #transaction: InviteServerTransaction;
  readonly #inviteSeq: number;
  readonly #unacknowledged: () => void;
  readonly #waiting: Sent[] = [];
  #seq: number;
  #current: Sent | undefined;
  #interval = 0;
  #repeat: QueuedTimer | undefined;
  #deadline: QueuedTimer | undefined;
  #idle: (() => void) | undefined;

  /** `unacknowledged`: no PRACK came within 64*T1. */
  constructor(context: UaContext, transaction: InviteServerTransaction, inviteSeq: number, unacknowledged: () => void) {
    this.#context = context;
    this.#transaction = transaction;
    this.#inviteSeq = inviteSeq;
    this.#unacknowledged = unacknowledged;
    // The first is chosen at random between 1 and 2^31 - 1 (section 3).
    this.#seq = 1 + Math.floor(context.random.number() * (2 ** 31 - 2));
  }

  /** Sends a response, or as soon as the ones before it are acknowledged. `prack` hears of its PRACK when that has a body. */
  send(response: SipResponse, prack: PrackHandler | undefined): void {
    const sent: Sent = { response, prack, seq: 0 };
    if (this.#current === undefined) this.#start(sent);
    else this.#waiting.push(sent);
  }

  /** A description of ours has not been acknowledged: a 2xx has to wait (section 3). */
  get describing(): boolean {
    return (this.#current?.response.body.length ?? 0) > 0 || this.#waiting.some(({ response }) => response.body.length > 0);
  }

  /** Calls back once `describing` does not hold any more. */
  whenDescribed(then: () => void): void {
    this.#idle = then;
  }

  /** Takes the PRACK, if it belongs to what was sent last. */
  receive(request: SipRequest, incoming: StackIncomingRequest): void {
    const match = /^(\d{1,10})[ \t]+(\d{1,10})[ \t]+(\S+)$/.exec(request.headers.get("rack") ?? "");
    const current = this.#current;
    if (match === null) incoming.respond({ status: 400, reason: "Bad RAck" });
    else if (current === undefined || Number(match[1]) !== current.seq || Number(match[2]) !== this.#inviteSeq || match[3] !== "INVITE") incoming.respond({ status: 481 });
    else {
      this.#current = undefined;
      this.#stopTimers();
      this.#acknowledge(request, incoming, current.prack);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#start(next);
      if (!this.describing) {
        const idle = this.#idle;
        this.#idle = undefined;
        idle?.();
      }
    }
  }

  /** The final response goes out. What was sent is not repeated any more; a PRACK that is under way is still taken. */
  finish(): void {
    this.#stopTimers();
    this.#waiting.length = 0;
    this.#idle = undefined;
  }

  #acknowledge(request: SipRequest, incoming: StackIncomingRequest, handler: PrackHandler | undefined): void {
    if (request.body.length > 0 && handler !== undefined) incoming.serve("prack handler", () => handler(incoming));
    // An offer that nobody is there to answer (section 5).
    else incoming.respond({ status: request.body.length > 0 ? 488 : 200 });
  }

  #start(sent: Sent): void {
    const { timers, transactions } = this.#context;
    this.#current = sent;
    sent.seq = this.#seq++;
    sent.response.headers.set("RSeq", String(sent.seq));
    this.#interval = transactions.values.t1;
    this.#repeat = timers.start(this.#interval, this.#again);
    this.#deadline = timers.start(transactions.values.t64, () => {
      this.finish();
      this.#current = undefined;
      this.#unacknowledged();
    });
    this.#transaction.respond(sent.response);
  }

  readonly #again = (): void => {
    const { timers, transactions } = this.#context;
    if (this.#current === undefined) return;
    transactions.counters.retransmissionsSent++;
    this.#interval *= 2;
    this.#repeat = timers.start(this.#interval, this.#again);
    this.#transaction.respond(this.#current.response);
  };

  #stopTimers(): void {
    this.#repeat?.cancel();
    this.#deadline?.cancel();
    this.#repeat = this.#deadline = undefined;
  }
}
