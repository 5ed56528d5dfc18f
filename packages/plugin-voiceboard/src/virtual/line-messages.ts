import type { PartyStep } from "./party-script.js";

/** How the exchange of a virtual line rings, ms. China: 1000 on, 4000 off. */
export interface RingCadence {
  readonly onMs: number;
  readonly offMs: number;
}

/** What a virtual line's part in the worker begins with. */
export type VirtualLineOptions = { readonly cadence: RingCadence; readonly polarity: boolean } & (
  | { readonly direction: "incoming"; readonly number: string; readonly script: readonly PartyStep[]; /** Gives up ringing after this. */ readonly patienceMs?: number }
  | { readonly direction: "outgoing"; /** Pause after which the number counts as complete. */ readonly interDigitMs: number }
);

/** What happens to a number that was dialled. */
export type DialOutcome =
  /** The far end rings and picks up. */
  | { readonly kind: "answer"; readonly afterMs: number; readonly script: readonly PartyStep[] }
  | { readonly kind: "no-answer" }
  | { readonly kind: "busy" }
  /** No way through. */
  | { readonly kind: "congestion" };

/** Main thread -> part. */
export type ToLine =
  | { readonly type: "off-hook" }
  | { readonly type: "on-hook" }
  | { readonly type: "outcome"; readonly outcome: DialOutcome }
  | { readonly type: "perform"; readonly steps: readonly PartyStep[] }
  | { readonly type: "hang-up" }
  | { readonly type: "tell-heard" };

export type PartyEnding = "party" | "hotline" | "line";

/** Part -> main thread. */
export type FromLine =
  | { readonly type: "ring"; readonly on: boolean }
  | { readonly type: "caller-id"; readonly number: string }
  | { readonly type: "polarity"; readonly reversed: boolean }
  | { readonly type: "off-hook" }
  | { readonly type: "dialled"; readonly number: string }
  | { readonly type: "answered" }
  | { readonly type: "key"; readonly digit: string }
  | { readonly type: "performed" }
  | { readonly type: "hung-up" }
  | { readonly type: "heard"; readonly samples: Uint8Array }
  /** The last message. */
  | { readonly type: "closed"; readonly samples: Uint8Array };
