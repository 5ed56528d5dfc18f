import { defineRoute, maskPhone, READ_POOL, type HttpRoute, type Principal } from "@hotlinejs/core";
import { z } from "zod";
import { httpErrors } from "../errors.js";
import { InteractionReads, type InteractionView, type LegView } from "../services/interaction-reads.js";
import { instant, PERSONAL } from "./shared-input.js";

const filters = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  queue: z.string().min(1).max(100).optional(),
  agent: z.string().min(1).max(100).optional(),
  direction: z.enum(["inbound", "outbound"]).optional(),
  state: z.enum(["live", "ended"]).optional(),
  /** Id of an interaction: others of the same citizen's number. */
  relatedTo: z.string().min(1).max(64).optional(),
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

/** Estimated, of one direction: MOS 1-4.5 (ITU-T G.107), packets not heard in percent, interarrival jitter in ms. */
const direction = z.object({ mos: z.number(), lossPercent: z.number(), jitterMs: z.number() }).nullable();

/** What the party itself tells of what it hears (RFC 3611 section 4.7): MOS 1-5, R 0-100, losses and packets thrown away in percent, share lost within bursts and their mean length in ms. */
const reported = z.object({ mos: z.number().nullable(), rating: z.number().nullable(), lossPercent: z.number(), discardPercent: z.number(), burstDensityPercent: z.number(), burstMs: z.number() }).nullable();

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
  quality: z.object({ mos: z.number(), roundTripMs: z.number().nullable(), received: direction, sent: direction, reported }).nullable(),
});

const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

const permission = "core.interactions.read";

/** The citizen's number as this person may see it; the hotline's own numbers are no secret. */
function shown<T extends InteractionView>(view: T, principal: Principal | undefined): T {
  if (principal?.permissions.has(PERSONAL) === true) return view;
  return view.direction === "outbound" ? { ...view, calledNumber: masked(view.calledNumber) } : { ...view, callerNumber: masked(view.callerNumber) };
}

function shownLeg(view: LegView, principal: Principal | undefined): LegView {
  return principal?.permissions.has(PERSONAL) === true ? view : { ...view, from: masked(view.from), to: masked(view.to) };
}

/** `138****5678`, `0573-8888****`; within an address too. Short numbers are extensions and stay. */
function masked(text: string): string {
  return text.replace(/\+?\d{8,}/g, maskPhone);
}

export const interactionRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/calls",
    permission,
    summary: "Voice interactions with their legs, live and past, newest first",
    query: filters,
    output: page(interaction.extend({ legs: z.array(leg) })),
    handler: async ({ services, query, principal }) => {
      const { items, next } = await new InteractionReads(services.get(READ_POOL)).calls(query);
      return { items: items.map((item) => ({ ...shown(item, principal), legs: item.legs.map((each) => shownLeg(each, principal)) })), next };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/interactions",
    permission,
    summary: "Interactions of all channels, newest first",
    query: filters.extend({ channel: z.string().min(1).max(40).optional() }),
    output: page(interaction),
    handler: async ({ services, query, principal }) => {
      const { items, next } = await new InteractionReads(services.get(READ_POOL)).list(query);
      return { items: items.map((item) => shown(item, principal)), next };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/interactions/:id",
    permission,
    summary: "One interaction with legs and timeline",
    params: z.strictObject({ id: z.string().min(1).max(64) }),
    output: interaction.extend({ data: z.unknown(), legs: z.array(leg), events: z.array(z.object({ id: z.string(), at: z.number(), type: z.string(), data: z.unknown() })) }),
    handler: async ({ services, params, principal }) => {
      const found = await new InteractionReads(services.get(READ_POOL)).find(params.id);
      if (!found) throw httpErrors.INTERACTION_UNKNOWN(params.id);
      return { ...shown(found, principal), legs: found.legs.map((each) => shownLeg(each, principal)) };
    },
  }),
];
