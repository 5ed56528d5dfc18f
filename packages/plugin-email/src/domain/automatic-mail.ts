export interface MailFacts {
  /** Lower-case names, values in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly contentType: string;
}

/**
 * Letters written by machines must not become tickets, nor be answered: two machines would write to each other
 * for ever (RFC 3834 section 2). Reports of what could not be delivered are told apart (RFC 3464).
 */
export function automaticKind({ header, contentType }: MailFacts): "bounce" | "automatic" | undefined {
  if (contentType.startsWith("multipart/report") && contentType.includes("delivery-status")) return "bounce";
  const submitted = header("auto-submitted");
  if (submitted !== undefined && submitted !== "" && !submitted.startsWith("no")) return "automatic";
  if (/^(bulk|junk|list)$/.test(header("precedence") ?? "")) return "automatic";
  if (header("list-id") !== undefined || header("x-auto-response-suppress") === "all" || header("x-autoreply") !== undefined) return "automatic";
  if (header("return-path") === "<>") return "automatic";
  return undefined;
}

export interface DeliveryReport {
  /** `failed`, `delayed`, `delivered`, `relayed`, `expanded` (RFC 3464 section 2.3.3). */
  readonly action: string;
  /** `5.1.1` */
  readonly status: string;
  readonly diagnostic: string;
}

/** The first recipient of a message/delivery-status part. */
export function deliveryReport(text: string): DeliveryReport | undefined {
  const unfolded = text.replace(/\r?\n[ \t]+/g, " ");
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(unfolded)?.[1]?.trim() ?? "";
  const action = field("Action").toLowerCase();
  return action === "" ? undefined : { action, status: field("Status"), diagnostic: field("Diagnostic-Code").replace(/^[^;]*;\s*/, "") };
}
