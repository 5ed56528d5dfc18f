import type { Destination } from "../transport/types.js";

/** Everything needed to go on in a dialog after a restart. Plain JSON. */
export interface DialogSnapshot {
  readonly version: 1;
  readonly role: "uac" | "uas";
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Name-addr of our side without tag, as it stands in From of our requests. */
  readonly localParty: string;
  /** Name-addr of the other side without tag. */
  readonly remoteParty: string;
  /** Last CSeq number we used. */
  readonly localSeq: number;
  /** Last CSeq number the other side used; -1 when it has sent none. */
  readonly remoteSeq: number;
  /** Route header elements in the order in which we send them. */
  readonly routeSet: readonly string[];
  /** Contact URI of the other side. */
  readonly remoteTarget: string;
  /** Our Contact URI. */
  readonly localTarget: string;
  readonly secure: boolean;
  /** Where requests of the dialog go. `flow` is not kept: it does not survive a restart. */
  readonly destination: Destination;
}

/**
 * ```
 * early --2xx--> confirmed --BYE, failure--> terminated
 *    \______________failure_____________________^
 * ```
 */
export type DialogState = "early" | "confirmed" | "terminated";

/** A peer-to-peer relation of two user agents (RFC 3261 section 12). */
export interface Dialog {
  readonly role: "uac" | "uas";
  readonly state: DialogState;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localParty: string;
  readonly remoteParty: string;
  readonly remoteTarget: string;
  readonly localTarget: string;
  readonly routeSet: readonly string[];
  readonly destination: Destination;
  /** State to store; `UserAgent.sendByeFromSnapshot` ends the call with it. */
  snapshot(): DialogSnapshot;
}
