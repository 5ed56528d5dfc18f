import { defineRoute } from "@hotlinejs/core";
import { z } from "zod";
import { SIP } from "../contract.js";
import { sipErrors } from "../errors.js";
import { webSocketUrl } from "./web-socket-url.js";

/** May have a phone in the browser. */
export const BROWSER_PHONE = "sip.browser-phone";

export const credentialRoute = defineRoute({
  method: "POST",
  path: "/api/sip/credentials",
  permission: BROWSER_PHONE,
  summary: "SIP credentials for a phone in this browser, good until `expiresAt`. The password is told once and kept nowhere",
  output: z.object({
    /** The account: user part of the address of record. */
    username: z.string(),
    uri: z.string(),
    /** User name of the digest, different for each issue. */
    authorizationUser: z.string(),
    password: z.string(),
    realm: z.string(),
    wsUrl: z.string(),
    /** Epoch ms. */
    expiresAt: z.number(),
  }),
  handler: async ({ services, principal, headers }) => {
    const sip = services.get(SIP);
    if (principal === undefined || sip.webSocketPath === undefined) throw sipErrors.NO_WEB_SOCKET();
    const url = webSocketUrl(sip.webSocketPath, sip.publicUrl, headers);
    const issued = await sip.issueCredentials({ account: principal.username, userId: principal.userId });
    return {
      username: issued.account,
      uri: `sip:${encodeURIComponent(issued.account)}@${url.hostname}`,
      authorizationUser: issued.authorizationUser,
      password: issued.password,
      realm: issued.realm,
      wsUrl: url.href,
      expiresAt: issued.expiresAt,
    };
  },
});
