import type { EndReason } from "@hotlinejs/core";
import type { RejectCause } from "@hotlinejs/queueing";

/** What the end of a ringing agent's leg means for the agent. */
export function rejectCause(reason: EndReason, status: number | undefined): RejectCause {
  switch (reason) {
    case "busy":
      return "busy";
    case "declined":
      return "declined";
    case "no-answer":
      return "no-answer";
    case "cancelled":
      return status === 408 ? "no-answer" : "failed";
    default:
      // 486 Busy Here, 600 Busy Everywhere; 603 Decline (RFC 3261 section 21.6.2); whatever the reason says.
      if (status === 486 || status === 600) return "busy";
      if (status === 603) return "declined";
      return "failed";
  }
}
