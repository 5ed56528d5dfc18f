import type { EndReason } from "@hotlinejs/core";
import type { AttemptResult, CallbackResult } from "../contract.js";

export interface RetryRule {
  readonly maxAttempts: number;
  readonly waitMinutes: readonly number[];
  /** Wait after an attempt that did not count. */
  readonly shortWaitMs: number;
}

/** What becomes of the task after an attempt. */
export type AfterAttempt = { readonly status: "closed"; readonly result: CallbackResult; readonly attempts: number } | { readonly status: "open"; readonly nextAt: number; readonly attempts: number } | { readonly status: "uncertain"; readonly attempts: number };

const MINUTE_MS = 60_000;
/** An attempt that did not count is made again after this at the soonest. */
export const SHORT_WAIT_MS = MINUTE_MS;

/**
 * @param attempts counted before this one
 * @param now epoch ms
 */
export function afterAttempt(result: AttemptResult, attempts: number, now: number, rule: RetryRule): AfterAttempt {
  switch (result) {
    case "answered":
      return { status: "closed", result: "reached", attempts: attempts + 1 };
    // Who does not want to be called is not called again.
    case "declined":
    case "refused":
      return { status: "closed", result, attempts: attempts + 1 };
    case "uncertain":
      return { status: "uncertain", attempts: attempts + 1 };
    case "no-agent":
    case "cancelled":
      return { status: "open", nextAt: now + rule.shortWaitMs, attempts };
    case "no-answer":
    case "busy":
    case "unreachable":
    case "failed": {
      const made = attempts + 1;
      if (made >= rule.maxAttempts) return { status: "closed", result, attempts: made };
      const wait = rule.waitMinutes[Math.min(made, rule.waitMinutes.length) - 1] ?? 30;
      return { status: "open", nextAt: now + wait * MINUTE_MS, attempts: made };
    }
  }
}

/** Called again for it so often: nobody's telephone rings without end because of us. */
const AGAIN_AT_MOST = 2;

/**
 * From when on somebody is called again who answered when no agent was there; `undefined`: no more.
 *
 * @param abandoned times, this one included
 * @param now epoch ms
 */
export function afterAbandoned(abandoned: number, now: number, { waitMinutes }: Pick<RetryRule, "waitMinutes">): number | undefined {
  if (abandoned > AGAIN_AT_MOST) return undefined;
  return now + (waitMinutes[Math.min(abandoned, waitMinutes.length) - 1] ?? 30) * MINUTE_MS;
}

/** How a citizen's leg ended that was never answered. */
export function resultOf(reason: EndReason): AttemptResult {
  switch (reason) {
    case "no-answer":
      return "no-answer";
    case "busy":
      return "busy";
    case "declined":
      return "declined";
    case "not-found":
    case "unreachable":
      return "unreachable";
    case "cancelled":
    case "hangup":
      return "cancelled";
    default:
      return "failed";
  }
}
