import type { Call, RoutePlan } from "./call.js";
import type { OutboundRequest } from "./call.js";

/** First answer wins; none means accept. */
export type Admission =
  | { readonly accept: true }
  | { readonly accept: false; /** SIP status, default 403. */ readonly status?: number; readonly reason: string; readonly retryAfter?: number };

/** What is known of a call before anybody answers. */
export interface ArrivalContext {
  readonly call: Call;
  readonly interactionId: string;
  /** Voice interactions in progress, this one included. */
  readonly active: number;
}

/** The call to be routed; its number, trunk and line are in `call`. */
export interface RouteContext {
  readonly call: Call;
  readonly interactionId: string;
}

export type { RoutePlan };

/** An outgoing attempt that must not be made. */
export interface Refusal {
  readonly refused: true;
  /** For example `do-not-call`, `not-permitted`, `quiet-hours`. */
  readonly code: string;
  readonly message: string;
}

/** Codes of refusals that say nothing about whom it was for: a check that failed, hours, and limits of the house (plugin-sip's `toll`). Later it may pass. */
export const PASSING_REFUSALS: ReadonlySet<string> = new Set(["check-failed", "quiet-hours", "toll-concurrent", "toll-hours", "toll-daily"]);

/** An outgoing call or fax that is asked for. */
export type OutboundContext = OutboundRequest;

/** A call of a citizen that is over. */
export interface CallEndContext {
  readonly interactionId: string;
  readonly call: Call;
  readonly reason: string;
}
