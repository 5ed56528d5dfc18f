import type { HookName } from "./hooks.js";

/** What a failing tap means for a hook. */
export interface TapPolicy {
  /** Milliseconds for one run of the whole hook; `undefined`: the context's abort signal limits it. */
  readonly budgetMs: number | undefined;
  /**
   * `skip`: as if the tap were not there. `closed`: the failure is a refusal; never muted.
   * `throw`: the caller of the hook has a fallback of its own.
   */
  readonly onFailure: "skip" | "closed" | "throw";
}

/** Milliseconds and failure rules, hook by hook. */
export const tapPolicies: Readonly<Record<HookName, TapPolicy>> = {
  callArrival: { budgetMs: 300, onFailure: "skip" }, // a hotline must answer
  callRoute: { budgetMs: 500, onFailure: "skip" }, // the plan is kept
  callOutbound: { budgetMs: 500, onFailure: "closed" },
  ivrNode: { budgetMs: undefined, onFailure: "throw" }, // the flow's fallback node
  callEnd: { budgetMs: 5_000, onFailure: "skip" },
  messageArrival: { budgetMs: 5_000, onFailure: "skip" },
  ticketTransition: { budgetMs: 1_000, onFailure: "closed" },
  notify: { budgetMs: 30_000, onFailure: "skip" }, // next tap; none delivered = the job is retried
};

/** Failures in a row after which a tap is muted, and for how long. */
export const MUTE_AFTER = 5;
export const MUTE_MS = 60_000;
