import { defineRoute } from "@hotlinejs/core";
import { z } from "zod";
import { SIP } from "../contract.js";
import { sipErrors } from "../errors.js";

/** See registered phones and the state of trunks. */
export const REGISTRATIONS_VIEW = "sip.registrations.view";
/** Disable and enable trunks. */
export const TRUNKS_MANAGE = "sip.trunks.manage";

const rate = z.object({ calls: z.number(), lastMinute: z.number(), maxCallsPerSecond: z.number().nullable() });
const trunk = z.object({
  key: z.string(), state: z.string(), status: z.number().nullable(), up: z.boolean().nullable(), channels: z.number(), maxChannels: z.number().nullable(),
  priority: z.number().nullable(), restsUntil: z.number().nullable(),
  disabled: z.object({ actor: z.string(), reason: z.string(), since: z.number() }).nullable(),
  lastFailure: z.object({ at: z.number(), of: z.enum(["registration", "options", "call"]), status: z.number() }).nullable(),
  outbound: rate, inbound: rate,
});

export const trunkRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/sip/trunks",
    permission: REGISTRATIONS_VIEW,
    summary: "Trunks: registration, whether the carrier answers, channels in use, priority, until when the carrier asked to be left alone, who disabled it, the last failure, calls in and out",
    output: z.object({ items: z.array(trunk), next: z.null() }),
    handler: async ({ services }) => ({ items: services.get(SIP).trunks(), next: null }),
  }),
  defineRoute({
    method: "PUT",
    path: "/api/sip/trunks/:key",
    permission: TRUNKS_MANAGE,
    summary: "Disable or enable a trunk. A disabled one takes no new calls in either direction, its registration is taken back, and its calls go on; it stays so after a restart",
    params: z.object({ key: z.string().max(40) }),
    body: z.strictObject({ enabled: z.boolean(), /** Kept in the audit, and shown while it is disabled. */ reason: z.string().trim().max(200).default("") }),
    output: trunk,
    handler: async ({ services, params, body, principal }) => {
      const service = services.get(SIP);
      await service.switchTrunk(params.key, { ...body, actor: principal?.userId ?? "system" });
      const found = service.trunks().find(({ key }) => key === params.key);
      if (found === undefined) throw sipErrors.NO_TRUNK(params.key);
      return found;
    },
  }),
];
