import type { ForwardedCall } from "@hotlinejs/core";
import { isIP } from "node:net";
import { escapeUser, NameAddr } from "./stack/index.js";

/** In which header a carrier wants to hear that a call was sent on. */
export type ForwardedHeader = "diversion" | "history-info";

export interface ForwardedNumbers {
  /** Host part of addresses: nothing of what the call came by is shown. */
  readonly host: string;
  /** A number of ours, or of who sent the call to us, as the carrier wants it. */
  readonly written: (number: string) => string;
  /** Where the call goes now, as dialled there. */
  readonly target: string;
}

/** The words of RFC 5806 section 9.1; others are `unknown`. */
const REASONS = new Set(["unknown", "user-busy", "no-answer", "unavailable", "unconditional", "time-of-day", "do-not-disturb", "deflection", "follow-me", "out-of-service", "away"]);

/** RFC 4458 section 2, as RFC 7044 section 10.2 uses it. */
const CAUSES: Readonly<Record<string, number>> = { "user-busy": 486, "no-answer": 408, "unavailable": 503, "unconditional": 302, "deflection": 480 };

/**
 * Tells a carrier where the call that we send on came from: Diversion (RFC 5806, the newest first) or History-Info (RFC 7044, the oldest first).
 * Stations between the first and the last are known by their number only, and count in `counter` of the older entry.
 * Nothing where our own number is not known.
 */
export function forwardedHeaders({ called, before }: ForwardedCall, header: ForwardedHeader, numbers: ForwardedNumbers): Readonly<Record<string, string>> {
  if (called === "") return {};
  const address = (number: string, parameters = ""): string => uri(numbers.written(number), numbers.host) + parameters;
  const past = before === undefined || before.by === "" ? undefined : { ...before, reason: REASONS.has(before.reason) ? before.reason : "unknown" };
  if (header === "diversion") {
    const entry = (number: string, reason: string, counter: number): string => `${new NameAddr("", address(number)).toString()};reason=${reason};counter=${counter}`;
    const first = past === undefined || past.count < 2 || past.from === "" || past.from === past.by ? undefined : past.from;
    const older = past === undefined ? [] : first === undefined ? [entry(past.by, past.reason, past.count)] : [entry(past.by, past.reason, 1), entry(first, "unknown", past.count - 1)];
    return { Diversion: [entry(called, "deflection", 1), ...older].join(", ") };
  }
  const stations = [...(past === undefined ? [] : [...new Set([past.from, past.by])].filter((number) => number !== "").map((number) => ({ number, cause: undefined as number | undefined }))), { number: called, cause: past === undefined ? undefined : (CAUSES[past.reason] ?? 404) }, { number: undefined, cause: CAUSES.deflection }];
  const entries = stations.map(({ number, cause }, i) => {
    const parameters = cause === undefined ? "" : `;cause=${cause}`;
    const where = number === undefined ? uri(numbers.target, numbers.host) + parameters : address(number, parameters);
    return `${new NameAddr("", where).toString()};index=${Array.from({ length: i + 1 }, () => "1").join(".")}`;
  });
  return { "History-Info": entries.join(", ") };
}

function uri(number: string, host: string): string {
  return `sip:${escapeUser(number)}@${isIP(host) === 6 ? `[${host}]` : host}`;
}
