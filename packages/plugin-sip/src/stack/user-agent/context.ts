import type { RoutingPolicy } from "../dialog/dialog.js";
import type { StackLog } from "../log.js";
import type { SipRequest } from "../message/message.js";
import type { RandomSource } from "../random.js";
import type { TimerQueue } from "../timer-queue.js";
import type { TransactionLayer } from "../transaction/transaction-layer.js";
import type { TransportLayer } from "../transport/transport-layer.js";
import type { Destination, MessageSource, Resolver, Transport, TransportKind } from "../transport/types.js";
import type { StackIncomingInvite } from "./incoming-invite.js";
import type { StackOutgoingInvite } from "./outgoing-invite.js";
import type { RequestSender } from "./request-sender.js";
import type { StackSession } from "./session.js";
import type { ChallengeHandler } from "./types.js";

/** Whoever takes the requests of a dialog. */
export interface DialogOwner {
  /** A request within the dialog, new to the transaction layer. */
  receive(request: SipRequest, source: MessageSource): void;
  /** An ACK that belongs to no transaction. */
  ack(request: SipRequest): void;
}

/** What the parts of a user agent share. */
export interface UaContext {
  readonly transactions: TransactionLayer;
  readonly transports: TransportLayer;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly log: StackLog;
  readonly userAgentHeader: string;
  /** Value of Allow. */
  readonly allow: string;
  /** Option tags understood. */
  readonly supported: readonly string[];
  /** How long a session lives without a refresh, in seconds; `undefined`: for ever. */
  readonly sessionTimer: { readonly expires: number; readonly minSe: number } | undefined;
  readonly routing: RoutingPolicy;
  readonly largeRequests: "udp" | "tcp";
  readonly resolver: Resolver;
  readonly onChallenge: ChallengeHandler | undefined;
  readonly dialogs: Map<string, DialogOwner>;
  readonly sessions: Set<StackSession>;
  /** Sessions that are over but whose BYE is under way. */
  readonly closing: Set<StackSession>;
  readonly incoming: Set<StackIncomingInvite>;
  readonly outgoing: Set<StackOutgoingInvite>;
  readonly senders: Set<RequestSender>;
  /** No new work is taken. */
  readonly stopping: boolean;
  now(): number;
  defaultKind(): TransportKind;
  contactUri(user: string, destination: Destination): string;
  /** Sends a request that no transaction watches: the ACK to a 2xx. */
  sendAck(request: SipRequest, destination: Destination): { readonly bytes: Buffer; readonly destination: Destination } | undefined;
  transportFor(destination: Destination): Transport | undefined;
  /** Runs application code; a throw is logged and told by `false`. */
  guard(what: string, run: () => void): boolean;
}
