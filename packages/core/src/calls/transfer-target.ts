import type { Call, CallEnd, CallPipeline } from "../contracts/call.js";

/** The number or extension in a Refer-To. */
export function numberIn(referTo: string): string | undefined {
  return /^(?:sips?|tel):(\+?[\w.*#-]+)/i.exec(referTo)?.[1];
}

/** What a number that a phone names means here: an extension that an adapter knows, else a telephone number. */
export function dialableTarget(user: string, { adapters }: Pick<CallPipeline, "adapters">): string | undefined {
  const extension = `sip:${user}`;
  const known = adapters.some((adapter) => adapter.schemes.includes("sip") && adapter.reachable(extension) === true);
  if (known) return extension;
  return /^\+?\d{2,20}$/.test(user) ? `tel:${user}` : undefined;
}

/** Where a leg's phone is rung. */
export function addressOf(call: Call): string {
  return call.direction === "outbound" ? call.to.uri : call.from.uri;
}

/** Number of who is at a leg's phone. */
export function partyOf(call: Call): string {
  return call.direction === "outbound" ? call.to.number : call.from.number;
}

/** SIP status of a leg that was not answered. */
export function statusOf({ status, reason }: CallEnd): number {
  if (status !== undefined && status >= 300) return status;
  return reason === "busy" ? 486 : reason === "declined" ? 603 : reason === "no-answer" ? 408 : reason === "not-found" ? 404 : 480;
}
