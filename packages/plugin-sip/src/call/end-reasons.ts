import type { EndReason } from "@hotlinejs/core";
import { ELSEWHERE } from "../stack/index.js";
import type { SipRequest, SipResponse } from "../stack/index.js";

/** How a final status of the called side reads in the records. */
export function reasonOfStatus(status: number): EndReason {
  switch (status) {
    case 486:
    case 600:
      return "busy";
    case 404:
    case 410:
    case 484:
    case 485:
    case 604:
      return "not-found";
    case 408:
    case 487:
      return "no-answer";
    case 480:
    case 502:
    case 503:
    case 504:
    case 430:
      return "unreachable";
    case 403:
    case 603:
    case 433:
    case 607:
    case 608:
      return "declined";
    default:
      // A redirection that is not followed (toll fraud); to the caller it is a phone that does not take the call.
      return status >= 300 && status < 400 ? "declined" : "failed";
  }
}

/**
 * The one answer that stands for all branches (RFC 3261 section 16.7 step 6): a 6xx beats all, else the
 * lowest class; within it what says most about the person.
 */
export function bestStatus(statuses: readonly number[]): number {
  const rank = (status: number): number => {
    if (status >= 600) return 0;
    const telling = [486, 403, 480, 404].indexOf(status);
    return Math.floor(status / 100) * 100 + (telling < 0 ? 50 : telling);
  };
  return [...statuses].sort((a, b) => rank(a) - rank(b))[0] ?? 500;
}

/** Q.850 causes of our own endings (RFC 3326 header Reason). */
const CAUSES: Readonly<Partial<Record<EndReason, readonly [number, string]>>> = {
  hangup: [16, "Normal call clearing"],
  redirected: [16, "Normal call clearing"],
  "no-answer": [19, "No answer from user"],
  rejected: [21, "Call rejected"],
  declined: [21, "Call rejected"],
  busy: [17, "User busy"],
  "media-timeout": [102, "Recovery on timer expiry"],
  failed: [41, "Temporary failure"],
  process_restart: [41, "Temporary failure"],
};

/** Value of Reason for a BYE or CANCEL of ours. */
export function reasonHeader(reason: EndReason): string | undefined {
  if (reason === "answered-elsewhere") return ELSEWHERE;
  const cause = CAUSES[reason];
  return cause === undefined ? undefined : `Q.850;cause=${cause[0]};text="${cause[1]}"`;
}

/**
 * How the Q.850 cause of a refusal reads in the records: a gateway's 480 or 500 says less than the cause beside it
 * (RFC 6432, RFC 4497). `undefined`: it says no more than the status.
 */
export function reasonOfCause(cause: number | undefined): EndReason | undefined {
  switch (cause) {
    case 1: // unallocated
    case 2: // no route to the network
    case 3: // no route to the destination
    case 22: // number changed
    case 28: // incomplete
      return "not-found";
    case 17:
      return "busy";
    case 18: // no user responding
    case 19: // no answer
      return "no-answer";
    case 20: // subscriber absent
    case 27: // out of order
    case 34: // no circuit
    case 38: // network out of order
    case 42: // congestion
      return "unreachable";
    case 21:
    case 55: // incoming calls barred
      return "declined";
    default:
      return undefined;
  }
}

/** What is looked at of Reason, characters: the patterns' time grows with the square of it. */
const MOST_REASON = 1_024;

const reasonsOf = (message: SipRequest | SipResponse | undefined): string => message?.headers.all("reason").join(",").slice(0, MOST_REASON) ?? "";

/** The Q.850 cause alone. */
export function q850Of(message: SipRequest | SipResponse | undefined): number | undefined {
  const found = /q\.850[^,]*;\s*cause\s*=\s*(\d{1,3})/i.exec(reasonsOf(message));
  return found === null ? undefined : Number(found[1]);
}

/** The Q.850 cause, else the SIP status, that a BYE or CANCEL of the peer gives. */
export function causeOf(request: SipRequest | undefined): number | undefined {
  const values = reasonsOf(request);
  const found = /q\.850[^,]*;\s*cause\s*=\s*(\d{1,3})/i.exec(values) ?? /sip[^,]*;\s*cause\s*=\s*(\d{3})/i.exec(values);
  return found === null ? undefined : Number(found[1]);
}
