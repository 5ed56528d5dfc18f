import type { InviteOutcome, SipResponse } from "../stack/index.js";
import { q850Of } from "./end-reasons.js";

/** Q.850 causes that speak of the called person, whatever status a gateway puts them into: another carrier would find the same. */
const OF_THE_CALLEE: ReadonlySet<number> = new Set([1, 17, 18, 19, 20, 21, 22, 27, 28, 55]);

/**
 * Whether a failed attempt says that this carrier cannot, so that the next may try: 500 to 504, nothing heard, no connection; 408 and
 * 430 (RFC 5626 section 11.1) unless it rang, since 408 then means that nobody lifted. What the called side says (4xx, 6xx) is final everywhere.
 */
export function failsOver(outcome: Extract<InviteOutcome, { answered: false }>, rang: boolean): boolean {
  if (outcome.cause === "timeout" || outcome.cause === "transport") return !rang;
  if (outcome.cause !== "response") return false;
  const cause = q850Of(outcome.response);
  if (cause !== undefined && OF_THE_CALLEE.has(cause)) return false;
  if (outcome.status === 408 || outcome.status === 430) return !rang;
  return outcome.status >= 500 && outcome.status <= 504;
}

/** Seconds a 503 asks to be left alone for (RFC 3261 sections 20.33, 21.5.4); 0: it does not. */
export function retryAfterOf(response: SipResponse | undefined): number {
  if (response?.status !== 503) return 0;
  const [, seconds] = /^\s*(\d{1,9})(?!\d)/.exec(response.headers.get("retry-after") ?? "") ?? [];
  return seconds === undefined ? 0 : Number(seconds);
}
