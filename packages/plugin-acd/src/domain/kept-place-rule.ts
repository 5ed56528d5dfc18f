import { isHotlineError, PASSING_REFUSALS, type BusinessCalendar, type EndReason } from "@hotlinejs/core";
import type { KeptPlaceResult } from "../contract.js";

/** How one call to the citizen ended. `no-agents`: came in, but no agent took the call; `cancelled`: the hotline stopped, or could dial nobody at this moment. */
export type AttemptOutcome = KeptPlaceResult | "no-agents" | "cancelled";

export interface AttemptRule {
  readonly maxAttempts: number;
  /** After the first, second ... attempt; the last holds for all that follow. */
  readonly waitMinutes: readonly number[];
}

export type AfterCall = { readonly state: "closed"; readonly result: KeptPlaceResult } | { readonly state: "waiting"; readonly nextAt: number; /** Taken back: it was no attempt. */ readonly uncounted?: boolean };

const MINUTE_MS = 60_000;

/**
 * When a place has been kept long enough, epoch ms.
 *
 * @param hours 0: no limit
 * @param calendar only the hours count in which it is open
 */
export function keptUntil(placeAt: number, hours: number, calendar: Pick<BusinessCalendar, "addWorkingMinutes"> | undefined): number {
  if (hours === 0) return Infinity;
  if (calendar === undefined) return placeAt + hours * 60 * MINUTE_MS;
  try {
    return calendar.addWorkingMinutes(placeAt, hours * 60);
  } catch {
    // So seldom open that a year is not enough: no limit of hours means anything there.
    return Infinity;
  }
}

/**
 * What becomes of the place.
 *
 * @param attempts this one included
 * @param now epoch ms
 */
export function afterCall(outcome: AttemptOutcome, attempts: number, now: number, { maxAttempts, waitMinutes }: AttemptRule): AfterCall {
  switch (outcome) {
    case "cancelled":
      return { state: "waiting", nextAt: now + MINUTE_MS, uncounted: true };
    // The citizen has done their part.
    case "no-agents":
      return { state: "waiting", nextAt: now + MINUTE_MS };
    case "no-answer":
    case "busy":
    case "unreachable":
    case "failed":
      if (attempts >= maxAttempts) return { state: "closed", result: outcome };
      return { state: "waiting", nextAt: now + (waitMinutes[Math.min(attempts, waitMinutes.length) - 1] ?? 30) * MINUTE_MS };
    default:
      return { state: "closed", result: outcome };
  }
}

/** What a call comes to that was not dialled: the line threw `error`. */
export function undialledOutcome(error: unknown): AttemptOutcome {
  if (!isHotlineError(error)) return "failed";
  if (error.code === "HTL_CORE_OUTBOUND_REFUSED") return PASSING_REFUSALS.has(String(error.details?.["code"])) ? "cancelled" : "refused";
  // No phone rang: the hotline drains, trunks are full, off, or asked too fast.
  return error.status === 503 || error.code === "HTL_CORE_NO_ADAPTER" ? "cancelled" : "failed";
}

/** How a leg ended that was never answered. */
export function unansweredOutcome(reason: EndReason): AttemptOutcome {
  switch (reason) {
    case "no-answer":
    case "busy":
    case "declined":
    case "unreachable":
      return reason;
    case "not-found":
      return "unreachable";
    case "cancelled":
    case "hangup":
      return "cancelled";
    default:
      return "failed";
  }
}
