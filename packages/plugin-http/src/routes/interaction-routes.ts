import { defineRoute, READ_POOL, type HttpRoute } from "@hotlinejs/core";
import { z } from "zod";
import { httpErrors } from "../errors.js";
import { InteractionReads } from "../services/interaction-reads.js";

/** Epoch ms, or a date with time and offset (`2026-03-02T09:00:00+08:00`). */
const instant = z.union([
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
]);

const filters = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  queue: z.string().min(1).max(100).optional(),
  agent: z.string().min(1).max(100).optional(),
  direction: z.enum(["inbound", "outbound"]).optional(),
  state: z.enum(["live", "ended"]).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(200).optional(),
});

const interaction = z.object({
  id: z.string(),
  channel: z.string(),
  direction: z.string(),
  state: z.enum(["live", "ended"]),
  callerNumber: z.string(),
  calledNumber: z.string(),
  contactId: z.string().nullable(),
  queue: z.string().nullable(),
  agentId: z.string().nullable(),
  language: z.string().nullable(),
  startedAt: z.number(),
  answeredAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  endReason: z.string().nullable(),
  wrapUpCode: z.string().nullable(),
});

const leg = z.object({
  id: z.string(),
  adapter: z.string(),
  direction: z.string(),
  role: z.string(),
  from: z.string(),
  to: z.string(),
  startedAt: z.number(),
  ringingAt: z.number().nullable(),
  answeredAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  endReason: z.string().nullable(),
  status: z.number().nullable(),
});

const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

const permission = "core.interactions.read";

export const interactionRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/calls",
    permission,
    summary: "Voice interactions with their legs, live and past, newest first",
    query: filters,
    output: page(interaction.extend({ legs: z.array(leg) })),
    handler: ({ services, query }) => new InteractionReads(services.get(READ_POOL)).calls(query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/interactions",
    permission,
    summary: "Interactions of all channels, newest first",
    query: filters.extend({ channel: z.string().min(1).max(40).optional() }),
    output: page(interaction),
    handler: ({ services, query }) => new InteractionReads(services.get(READ_POOL)).list(query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/interactions/:id",
    permission,
    summary: "One interaction with legs and timeline",
    params: z.strictObject({ id: z.string().min(1).max(64) }),
    output: interaction.extend({ data: z.unknown(), legs: z.array(leg), events: z.array(z.object({ id: z.string(), at: z.number(), type: z.string(), data: z.unknown() })) }),
    handler: async ({ services, params }) => {
      const found = await new InteractionReads(services.get(READ_POOL)).find(params.id);
      if (!found) throw httpErrors.INTERACTION_UNKNOWN(params.id);
      return found;
    },
  }),
];
