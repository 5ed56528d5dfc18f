import { isIP } from "node:net";
import { defineRoute } from "@hotlinejs/core";
import { z } from "zod";
import { SIP } from "../contract.js";
import { sipErrors } from "../errors.js";

/** See who was turned away. */
export const EDGE_VIEW = "sip.edge.view";
/** Ban and lift. */
export const EDGE_MANAGE = "sip.edge.manage";

const ban = z.object({ address: z.string(), reason: z.string(), actor: z.string(), since: z.number(), until: z.number(), proven: z.boolean() });

export const edgeRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/sip/edge",
    permission: EDGE_VIEW,
    summary: "What the edge of SIP turned away since the start: packets of banned sources, requests against an access rule, above a rate, of scanners, for unknown accounts, calls out that would have cost too much, calls and requests that came faster than they could be served; and bans made",
    output: z.object({ banned: z.number(), denied: z.number(), limited: z.number(), scanners: z.number(), unknownAccounts: z.number(), bans: z.number(), suspects: z.number(), toll: z.number(), overloads: z.number(), strangers: z.number(), unread: z.number(), silent: z.number(), shed: z.number(), forgotten: z.number(), live: z.number() }),
    handler: async ({ services }) => {
      const { edge, bans } = services.get(SIP);
      return { ...edge(), live: bans().length };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/sip/bans",
    permission: EDGE_VIEW,
    summary: "Banned addresses, the newest first, and those that are slowed down for want of a proof (`proven: false`)",
    output: z.object({ items: z.array(ban), next: z.null() }),
    handler: async ({ services }) => ({ items: services.get(SIP).bans(), next: null }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/sip/bans",
    permission: EDGE_MANAGE,
    summary: "Ban an address. Addresses of configured trunks cannot be banned",
    body: z.strictObject({ address: z.string().refine((text) => isIP(text) !== 0, "an IP address"), seconds: z.int().min(1).max(31_536_000).default(3600), reason: z.string().trim().min(1).max(200).default("by hand") }),
    output: ban,
    handler: async ({ services, body, principal }) => services.get(SIP).ban(body.address, { seconds: body.seconds, reason: body.reason, actor: principal?.userId ?? "system" }),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/sip/bans/:address",
    permission: EDGE_MANAGE,
    summary: "Lift a ban",
    params: z.object({ address: z.string().max(64) }),
    output: z.object({ address: z.string() }),
    handler: async ({ services, params, principal }) => {
      if (!(await services.get(SIP).liftBan(params.address, principal?.userId ?? "system"))) throw sipErrors.NOT_BANNED(params.address);
      return { address: params.address };
    },
  }),
];
