import { Readable } from "node:stream";
import { defineRoute, type HttpReply, type HttpRoute } from "@hotlinejs/core";
import { SIP, type SipService } from "@hotlinejs/plugin-sip/contract";
import { z } from "zod";
import { callPage } from "../pages/call-page.js";
import { notice } from "../pages/page.js";
import { contextOf, PORTAL_PARTS, shown, type Request } from "./portal-context.js";
import type { PortalConfig } from "../config.js";
import { portalErrors } from "../errors.js";
import type { CallScript } from "../services/call-script.js";

interface Offer {
  readonly sip: SipService;
  readonly path: string;
  readonly script: CallScript;
}

/** What a call from the page needs; `undefined` where there is none to offer. */
export function offeredCall({ services }: Pick<Request, "services">): Offer | undefined {
  const { config, callScript } = services.get(PORTAL_PARTS);
  const sip = services.optional(SIP);
  const script = callScript();
  // A WebSocket on a port of its own is another origin, which the pages' policy does not let in.
  if (!config.browserCalls || sip?.webSocketPath === undefined || sip.webSocketPort !== undefined || script === undefined) return undefined;
  return { sip, path: sip.webSocketPath, script };
}

function targetOf(config: PortalConfig): string {
  return config.callNumber ?? config.phone.replace(/[^\d+*#]/g, "");
}

const token = z.object({
  /** The caller's own address, of no use to anybody else. */
  uri: z.string(),
  /** User name of the digest. */
  authorizationUser: z.string(),
  password: z.string(),
  realm: z.string(),
  /** Path of the WebSocket on this site. */
  path: z.string(),
  /** What to call. */
  target: z.string(),
  /** Epoch ms. */
  expiresAt: z.number(),
});

export const callRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/portal/call",
    permission: "public",
    summary: "A telephone in the page",
    handler: (request) => {
      const context = contextOf(request, "/portal/call");
      const offer = offeredCall(request);
      if (offer === undefined) return Promise.resolve(shown(notice(context, context.say("talkTitle"), context.say("talkClosed", { phone: context.config.phone })), { status: 503 }));
      return Promise.resolve(shown(callPage(context, offer.script.path)));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/portal/call/token",
    permission: "public",
    summary: "Credentials for one call to the hotline from this page, good for some minutes. Told once and kept nowhere",
    output: token,
    handler: async (request): Promise<HttpReply> => {
      const offer = offeredCall(request);
      if (offer === undefined) throw portalErrors.NO_CALLS();
      const { config, calls } = request.services.get(PORTAL_PARTS);
      const minutes = calls.waitFor(request.remoteAddress);
      if (minutes !== undefined) throw portalErrors.TOO_MANY_CALLS(minutes, { details: { minutes, retryAfter: minutes * 60 } });
      // Counted before it is issued: attempts at once count each.
      calls.count(request.remoteAddress);
      const target = targetOf(config);
      const issued = await offer.sip.issueGuestCredentials({ numbers: [target], seconds: config.callTokenSeconds });
      const host = hostOf(request.headers.host);
      return { kind: "reply", status: 200, body: { uri: `sip:${issued.account}@${host}`, authorizationUser: issued.authorizationUser, password: issued.password, realm: issued.realm, path: offer.path, target: `sip:${encodeURIComponent(target)}@${host}`, expiresAt: issued.expiresAt } };
    },
  }),
];

/** The name by which the page was asked for, as it stands in a SIP URI. Whoever sends none, or no name at all, is no browser: the hotline knows its callers by token and number. */
function hostOf(header: string | undefined): string {
  const url = `http://${header ?? ""}`;
  return URL.canParse(url) ? new URL(url).hostname : "localhost";
}

/** The script as it is asked for, packed where that is understood. */
export function callScriptContent(script: CallScript, acceptEncoding: string | undefined) {
  const packed = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/i.test(acceptEncoding ?? "");
  const bytes = packed ? script.packed : script.bytes;
  return {
    kind: "content" as const,
    contentType: "text/javascript; charset=utf-8",
    size: bytes.length,
    headers: { "Cache-Control": "public, max-age=31536000, immutable", Vary: "Accept-Encoding", ...(packed ? { "Content-Encoding": "gzip" } : {}) },
    open: (start: number, end: number) => Readable.from([bytes.subarray(start, end + 1)]),
  };
}
