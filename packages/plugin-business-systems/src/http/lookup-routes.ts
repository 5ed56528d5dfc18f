import { z } from "zod";
import { BUSINESS_SYSTEM, defineRoute } from "@hotlinejs/core";
import type { HttpRoute } from "@hotlinejs/core";
import { errors } from "../errors.js";

export const LOOKUP = "business.lookup";

const labels = { label: z.string(), labelEn: z.string().optional() };
const kindView = z.object({
  key: z.string(),
  name: z.string(),
  nameEn: z.string().optional(),
  keys: z.array(z.object({ name: z.string(), ...labels, length: z.int() })),
  proof: z.object({ ...labels, length: z.int(), deskMayOmit: z.boolean() }).optional(),
  fields: z.array(z.object({ name: z.string(), ...labels, type: z.enum(["text", "digits", "number", "money", "date"]), wordsEn: z.record(z.string(), z.string()).optional() })),
});

export const lookupRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/business/kinds",
    permission: LOOKUP,
    summary: "What can be looked up in the department's own systems",
    output: z.object({ items: z.array(kindView), next: z.null() }),
    handler: ({ services }) => Promise.resolve({ items: services.get(BUSINESS_SYSTEM).kinds(), next: null }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/business/lookup/:kind",
    permission: LOOKUP,
    summary: "Looks one record up; audited",
    params: z.object({ kind: z.string().min(1).max(40) }),
    body: z.strictObject({ keys: z.record(z.string().max(40), z.string().max(40)), proof: z.string().min(1).max(40).optional(), /** The citizen's call or chat it is for. */ interactionId: z.string().max(64).optional() }),
    /** `shown`: the keys masked, as the page may keep them in sight. */
    output: z.object({ record: z.record(z.string(), z.unknown()), shown: z.record(z.string(), z.string()) }),
    async handler({ params, body, principal, services, signal }) {
      const user = principal?.userId ?? "unknown";
      const result = await services.get(BUSINESS_SYSTEM).lookup({
        kind: params.kind,
        keys: body.keys,
        asker: { channel: "desk", from: user, actor: user, ...(body.interactionId === undefined ? {} : { interactionId: body.interactionId }) },
        signal,
        ...(body.proof === undefined ? {} : { proof: body.proof }),
      });
      switch (result.outcome) {
        case "found":
          return { record: result.record, shown: result.shown };
        case "not-found":
          throw errors.NOT_FOUND({ details: { left: result.left } });
        case "locked":
          throw errors.LOCKED({ details: { until: result.until } });
        case "unavailable":
          throw errors.UNAVAILABLE(result.cause);
      }
    },
  }),
];
