import { BUSINESS_SYSTEM, token, type HttpReply, type HttpRequest, type LookupKindView } from "@hotlinejs/core";
import { HTTP_COOKIES } from "@hotlinejs/plugin-http/contract";
import type { PortalConfig } from "../config.js";
import { pageContext, type PageContext } from "../pages/page.js";
import type { DraftStore } from "../services/draft-store.js";
import type { Filing } from "../services/filing.js";
import type { CallScript } from "../services/call-script.js";
import type { HourlyLimit } from "../services/hourly-limit.js";
import { preferencesOf } from "./cookies.js";

/** For the routes of this plugin only. */
export interface PortalParts {
  readonly config: PortalConfig;
  readonly drafts: DraftStore;
  readonly filing: Filing;
  readonly limit: HourlyLimit;
  /** Calls from the page. */
  readonly calls: HourlyLimit;
  /** Once it is read, and where it was built. */
  readonly callScript: () => CallScript | undefined;
  /** Is there a chat to lead to? */
  readonly chat: () => boolean;
}
export const PORTAL_PARTS = token<PortalParts>("portal.parts");

export type Request = Pick<HttpRequest, "headers" | "services" | "remoteAddress">;

/** A page. */
export function shown(text: string, options: { status?: number; cookies?: readonly string[] } = {}): HttpReply {
  return { kind: "reply", status: options.status ?? 200, headers: { "Content-Type": "text/html; charset=utf-8", ...(options.cookies === undefined ? {} : { "Set-Cookie": options.cookies }) }, text };
}

/** 303: what was posted is not posted again by a reload (RFC 9110 section 15.4.4). */
export function goTo(path: string, cookies?: readonly string[]): HttpReply {
  return { kind: "reply", status: 303, headers: { Location: path, "Content-Type": "text/plain", ...(cookies === undefined ? {} : { "Set-Cookie": cookies }) }, text: "" };
}

/** Records a citizen can open alone: only those that ask for a proof. */
export function offeredRecords({ services }: Pick<Request, "services">): readonly LookupKindView[] {
  return services.optional(BUSINESS_SYSTEM)?.kinds().filter(({ proof }) => proof !== undefined) ?? [];
}

export function contextOf(request: Request, here: string): PageContext & { readonly parts: PortalParts; readonly secure: boolean } {
  const parts = request.services.get(PORTAL_PARTS);
  const preferences = preferencesOf(request.headers.cookie, request.headers["accept-language"]);
  return { ...pageContext(parts.config, preferences, here, parts.chat()), parts, secure: request.services.optional(HTTP_COOKIES)?.secure ?? false };
}
