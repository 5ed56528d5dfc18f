import type { MissedReason } from "../contract.js";

export interface TimelineEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EndedCall {
  readonly endReason: string | null;
  /** The citizen was joined with somebody. */
  readonly talked: boolean;
  readonly events: readonly TimelineEvent[];
}

/** What an incoming call of a citizen came to, as far as calling back is concerned. `none`: the citizen wanted no person, or left a message. */
export type CallOutcome = { readonly kind: "reached" } | { readonly kind: "none" } | { readonly kind: "missed"; readonly reason: MissedReason; readonly queue: string | null; readonly waitMs: number };

const BY_OUTCOME: Readonly<Record<string, MissedReason>> = { abandoned: "abandoned", timeout: "timeout", full: "full", "no-agents": "no-agents", diverted: "full", closed: "no-agents", "unknown-queue": "no-agents", cut: "cut" };
/** Somebody will read or hear what the citizen had to say. */
const MESSAGES = new Set(["voicemail.left", "complaint.taken"]);
/** The place is kept: call distribution calls. */
const KEPT = "queue.place-kept";

/** Reads the timeline of a call that is over. */
export function outcomeOf(call: EndedCall): CallOutcome {
  const has = (type: string): boolean => call.events.some((event) => event.type === type);
  if (call.talked || has("queue.answered")) return { kind: "reached" };
  if (has(KEPT) || call.events.some(({ type }) => MESSAGES.has(type))) return { kind: "none" };
  // Another hotline has the citizen now.
  if (call.endReason === "redirected") return { kind: "none" };
  if (call.endReason === "rejected") return { kind: "missed", reason: "refused", queue: null, waitMs: 0 };
  const entered = last(call.events, "queue.entered");
  const left = last(call.events, "queue.left");
  const queue = textOf(left?.data["queue"]) ?? textOf(entered?.data["queue"]) ?? null;
  if (left !== undefined) {
    // By a key the caller chose something else; unless it was a callback, and the caller hung up before the number was confirmed.
    const asked = call.events.findLastIndex(({ type }) => type === "queue.callback-asked") > call.events.lastIndexOf(left);
    const reason = BY_OUTCOME[textOf(left.data["outcome"]) ?? ""] ?? (asked ? "abandoned" : undefined);
    if (reason === undefined) return { kind: "none" };
    const waitMs = Number(left.data["waitMs"] ?? 0);
    return { kind: "missed", reason: call.endReason === "process_restart" ? "cut" : reason, queue, waitMs: Number.isFinite(waitMs) ? waitMs : 0 };
  }
  // The process died with the caller on the line, in a queue or on the way to one.
  if (call.endReason === "process_restart") return { kind: "missed", reason: "cut", queue, waitMs: Number.POSITIVE_INFINITY };
  return { kind: "none" };
}

function last(events: readonly TimelineEvent[], type: string): TimelineEvent | undefined {
  return events.filter((event) => event.type === type).at(-1);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
