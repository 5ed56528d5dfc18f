import { defineRoute, type HttpRoute, type Page } from "@hotlinejs/core";
import { z } from "zod";
import { ACD } from "../contract.js";
import { callRoutes, requireAgent } from "./call-routes.js";
import { supervisionRoutes } from "./supervision-routes.js";

const share = z.number().nullable();
const agentFigures = z.object({ handled: z.number(), averageHandleMs: share, occupancy: share });
const spent = agentFigures.extend({ availableMs: z.number(), reservedMs: z.number(), busyMs: z.number(), occupiedMs: z.number(), wrapUpMs: z.number(), heldMs: z.number(), notReadyMs: z.number(), unreachableMs: z.number() });
const agent = z.object({
  number: z.string(),
  name: z.string(),
  address: z.string(),
  state: z.string(),
  since: z.number(),
  choice: z.enum(["available", "not-ready", "offline"]),
  reason: z.string().nullable(),
  reachable: z.boolean(),
  queues: z.array(z.string()),
  interactionId: z.string().nullable(),
  wrapUpUntil: z.number().nullable(),
  callsTaken: z.number(),
  talkMs: z.number(),
  today: agentFigures,
});
const figures = z.object({
  offered: z.number(),
  answered: z.number(),
  abandoned: z.number(),
  abandonedShort: z.number(),
  otherwise: z.number(),
  serviceLevel: share,
  serviceLevel2: share,
  connectRate: share,
  abandonRate: share,
  averageWaitMs: share,
  longestWaitMs: z.number(),
  averageAbandonMs: share,
  averageHandleMs: share,
  expectedErrorMs: share,
});
const queue = z.object({
  key: z.string(),
  name: z.string(),
  strategy: z.string(),
  waiting: z.number(),
  ringing: z.number(),
  oldestWaitMs: z.number(),
  oldestAt: z.number().nullable(),
  expectedWaitMs: z.number(),
  agents: z.number(),
  staffed: z.number(),
  available: z.number(),
  working: z.number(),
  occupancy: share,
  frozen: z.boolean(),
  serviceLevelSeconds: z.number(),
  today: figures,
});
const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });
const pageQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(200), cursor: z.string().max(64).optional() });
const number = z.strictObject({ number: z.string().min(1).max(32) });

const LONGEST_SPAN_MS = 31 * 86_400_000;
const span = { from: z.coerce.number().int().min(0), to: z.coerce.number().int().min(0) };
const inSpan = ({ from, to }: { readonly from: number; readonly to: number }): boolean => to > from && to - from <= LONGEST_SPAN_MS;
const tooLong = { message: "at most 31 days", path: ["to"] };

/** The page of a list sorted by key that comes after a key. */
function page<T>(items: readonly T[], key: (item: T) => string, query: z.output<typeof pageQuery>): Page<T> {
  const sorted = [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const { cursor } = query;
  const rest = cursor === undefined ? sorted : sorted.filter((item) => key(item) > cursor);
  const shown = rest.slice(0, query.limit);
  const last = shown.at(-1);
  return { items: shown, next: rest.length > shown.length && last !== undefined ? key(last) : null };
}

export const acdRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/agents",
    permission: "acd.agents.read",
    summary: "Agents and what they are doing",
    query: pageQuery,
    output: pageOf(agent),
    handler: ({ services, query }) => Promise.resolve(page(services.get(ACD).agents(), (each) => each.number, query)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/queues",
    permission: "acd.queues.read",
    summary: "Queues with waiting callers and agents",
    query: pageQuery,
    output: pageOf(queue),
    handler: ({ services, query }) => Promise.resolve(page(services.get(ACD).queues(), (each) => each.key, query)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/queues/figures",
    permission: "acd.queues.read",
    summary: "Service level, waits, abandonment and handling times by quarter of an hour",
    query: z.strictObject({ queue: z.string().min(1).max(64).optional(), ...span }).refine(inSpan, tooLong),
    output: z.object({ total: figures, intervals: z.array(z.object({ queue: z.string(), channel: z.string(), startsAt: z.number(), ...figures.shape })) }),
    handler: ({ services, query: { queue: key, from, to } }) => services.get(ACD).figures({ from, to, ...(key === undefined ? {} : { queue: key }) }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/agents/figures",
    permission: "acd.agents.read",
    summary: "Occupancy, handling times and time in each state: one agent, the agents of a queue, or all",
    query: z.strictObject({ agent: z.string().min(1).max(32).optional(), queue: z.string().min(1).max(64).optional(), ...span }).refine(inSpan, tooLong),
    output: z.object({ total: spent, agents: z.array(z.object({ agent: z.string(), name: z.string(), ...spent.shape })) }),
    handler: ({ services, query: { agent: number, queue: key, from, to } }) => services.get(ACD).agentFigures({ from, to, ...(number === undefined ? {} : { agent: number }), ...(key === undefined ? {} : { queue: key }) }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/state",
    // Agents may set their own state; that of others needs acd.agents.state.
    permission: "authenticated",
    summary: "Ready, not ready (with a reason) or signed out",
    params: number,
    body: z.strictObject({ state: z.enum(["available", "not-ready", "offline"]), reason: z.string().trim().min(1).max(100).optional() }),
    output: agent,
    handler: async ({ services, params, body, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      return services.get(ACD).setAgentState(params.number, body.state, { actor, ...(body.reason === undefined ? {} : { reason: body.reason }) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/wrap-up/done",
    permission: "authenticated",
    summary: "Ends after-call work early",
    params: number,
    output: agent,
    handler: async ({ services, params, principal }) => {
      requireAgent(params.number, principal);
      return Promise.resolve(services.get(ACD).finishWrapUp(params.number));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/wrap-up/extend",
    permission: "authenticated",
    summary: "More time for after-call work",
    params: number,
    body: z.strictObject({ seconds: z.number().int().min(1).max(600).default(60) }),
    output: agent,
    handler: async ({ services, params, body, principal }) => {
      requireAgent(params.number, principal);
      return Promise.resolve(services.get(ACD).extendWrapUp(params.number, body.seconds * 1000));
    },
  }),
  ...callRoutes,
  ...supervisionRoutes,
];
