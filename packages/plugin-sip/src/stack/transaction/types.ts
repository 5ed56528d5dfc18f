import type { SipError } from "../errors.js";
import type { StackLog } from "../log.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { Problem } from "../message/parser.js";
import type { TimerQueue } from "../timer-queue.js";
import type { Destination, MessageSource } from "../transport/types.js";
import type { TimerValues } from "./timer-values.js";

/** What a transaction needs from the layers around it. */
export interface TransactionContext {
  readonly timers: TimerQueue;
  readonly values: TimerValues;
  readonly log: StackLog;
  readonly counters: TransactionCounters;
  send(bytes: Buffer, destination: Destination, failed: (error: SipError) => void): void;
  clientEnded(key: string): void;
  /** A request outside of a dialog was answered, and is kept for repetitions only. */
  serverAnswered(key: string): void;
  serverEnded(key: string, mergeKey: string | undefined): void;
}

export interface TransactionCounters {
  retransmissionsSent: number;
  retransmissionsReceived: number;
}

/** Who started a client transaction. Exactly one of: final `response`, `timeout`, `transportError`; several 2xx to an INVITE. */
export interface ClientTransactionUser {
  response(response: SipResponse, source: MessageSource): void;
  timeout(): void;
  transportError(error: SipError): void;
  /** The transaction is gone; nothing more will come. */
  terminated?(): void;
}

/** Who serves an INVITE. */
export interface InviteServerUser {
  /** Our tag in its responses: the 200 to a CANCEL has the same (section 9.2). */
  readonly tag?: string;
  /** A CANCEL matched before a final response was sent; 200 to it has gone out. */
  cancelled(request: SipRequest): void;
}

/** The layer above: takes requests that begin a transaction, and ACKs that belong to none. */
export interface TransactionUser {
  request(request: SipRequest, source: MessageSource): void;
  ack(request: SipRequest, source: MessageSource): void;
  /** A request that was read but cannot be served. */
  malformed(request: SipRequest, source: MessageSource, problem: Problem): void;
  /** A response to nothing that is under way: dropped, unless it is that of a phone which lifts a call of an earlier process. */
  stray(response: SipResponse, source: MessageSource): void;
}

