import type { ExtraHeaders, SipRequest, SipResponse } from "../stack/index.js";

/** What a message carries for us. */
export type SdpBody =
  | { readonly kind: "none" }
  | { readonly kind: "sdp"; readonly text: string }
  /** Another type: 415 (RFC 3261 section 21.4.13). */
  | { readonly kind: "other"; readonly contentType: string };

/** The session description of a message, also as one part of a multipart body (RFC 5621; SIP-I carriers send ISUP beside it). */
export function sdpBodyOf(message: SipRequest | SipResponse): SdpBody {
  if (message.body.length === 0) return { kind: "none" };
  const type = message.contentType;
  if (type === "application/sdp") return { kind: "sdp", text: message.body.toString("utf8") };
  if (type.startsWith("multipart/")) {
    const part = multipartSdp(message.headers.get("content-type") ?? "", message.body.toString("latin1"));
    if (part !== undefined) return { kind: "sdp", text: Buffer.from(part, "latin1").toString("utf8") };
  }
  return { kind: "other", contentType: type };
}

function multipartSdp(contentType: string, body: string): string | undefined {
  const match = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return undefined;
  for (const part of `\r\n${body}`.split(`\r\n--${boundary}`).slice(1)) {
    if (part.startsWith("--")) break;
    const end = part.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const head = part.slice(0, end).toLowerCase();
    if (/\r\ncontent-type[ \t]*:[ \t]*application\/sdp/.test(head)) return part.slice(end + 4);
  }
  return undefined;
}

/** A Warning that tells why a description was refused (RFC 3261 section 20.43). */
export function warning(reason: string): ExtraHeaders {
  return { Warning: `399 hotline "${reason.replace(/[^\x20-\x7e]|["\\]/g, "")}"` };
}

/** Whether the sender can read a session description; without an Accept it can (RFC 3261 section 20.1). One that cannot be read is no reason to refuse. */
export function acceptsSdp(message: SipRequest): boolean {
  if (!message.headers.has("accept")) return true;
  const types = message.headers.all("accept").join(",").toLowerCase().split(",").map((each) => (each.split(";")[0] as string).trim());
  return types.some((type) => type === "application/sdp" || type === "application/*" || type === "*/*");
}
