import type { Call, RoutePlan } from "./call.js";
import type { OutboundRequest } from "./call.js";

/** First answer wins; none means accept. */
export type Admission =
  | { readonly accept: true }
  | { readonly accept: false; /** SIP status, default 403. */ readonly status?: number; readonly reason: string; readonly retryAfter?: number };

export interface ArrivalContext {
  readonly call: Call;
  readonly interactionId: string;
  /** Voice interactions in progress, this one included. */
  readonly active: number;
}

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

export type OutboundContext = OutboundRequest;

export interface CallEndContext {
  readonly interactionId: string;
  readonly call: Call;
  readonly reason: string;
}
