import type { InboundMessage } from "@hotlinejs/core";
import { isSerial } from "./serial-number.js";

/** Serial numbers in a subject line, as printed (6-5-1) or in one. */
export function serialsIn(subject: string | undefined): readonly string[] {
  const found = [...(subject ?? "").matchAll(/(?<!\d)(\d{6})[\s-]?(\d{5})[\s-]?(\d)(?!\d)/g)].map((match) => match.slice(1, 4).join(""));
  return [...new Set(found.filter((serial) => isSerial(serial)))];
}

/**
 * Sent by a machine: it is never answered by one (RFC 3834 section 2), or two machines would write to each other for ever.
 * Lists and bulk mail are none that wait for an answer either.
 */
export function isAutomatic({ from, headers = {} }: Pick<InboundMessage, "from" | "headers">): boolean {
  const submitted = (headers["auto-submitted"] ?? "no").trim().toLowerCase();
  if (submitted !== "no" && submitted !== "") return true;
  if (/\b(?:bulk|junk|list|auto_reply)\b/i.test(headers["precedence"] ?? "")) return true;
  if (headers["list-id"] !== undefined || headers["x-auto-response-suppress"] !== undefined || headers["x-autoreply"] !== undefined) return true;
  const sender = from.trim().toLowerCase();
  return sender === "" || sender === "<>" || /^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+@-]|$)/.test(sender);
}

/** Message-ID as other mails refer to it. */
export function messageIdOf({ externalId, headers = {} }: Pick<InboundMessage, "externalId" | "headers">): string {
  return idsIn(headers["message-id"])[0] ?? externalId;
}

/** The ids in a References or In-Reply-To header (RFC 5322 section 3.6.4). */
export function idsIn(header: string | undefined): readonly string[] {
  return (header ?? "").match(/<[^<>\s]+>/g) ?? [];
}
