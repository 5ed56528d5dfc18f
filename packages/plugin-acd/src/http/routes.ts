import { defineRoute, type HttpRoute } from "@hotlinejs/core";
import { z } from "zod";
import { ACD } from "../contract.js";
import { agentFigures, agentRoutes } from "./agent-routes.js";
import { callRoutes } from "./call-routes.js";
import { page, pageOf, pageQuery } from "./pages.js";
import { queueRuleRoutes } from "./queue-rule-routes.js";
import { screenRoutes } from "./screen-routes.js";
import { supervisionRoutes } from "./supervision-routes.js";

const share = z.number().nullable();
const spent = agentFigures.extend({ availableMs: z.number(), onDemandMs: z.number(), reservedMs: z.number(), busyMs: z.number(), occupiedMs: z.number(), wrapUpMs: z.number(), heldMs: z.number(), notReadyMs: z.number(), unreachableMs: z.number() });
const figures = z.object({
  offered: z.number(),
  asked: z.number(),
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
const targets = z.object({ connectRate: share, serviceLevel: share });
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
  serviceLevels: z.record(z.string(), z.number()),
  oldestLateAt: z.number().nullable(),
  targets,
  onDemandAfterMs: z.number().nullable(),
  today: figures,
});
const LONGEST_SPAN_MS = 31 * 86_400_000;
const span = { from: z.coerce.number().int().min(0), to: z.coerce.number().int().min(0) };
const inSpan = ({ from, to }: { readonly from: number; readonly to: number }): boolean => to > from && to - from <= LONGEST_SPAN_MS;
const tooLong = { message: "later than `from`, by at most 31 days", path: ["to"] };

export const acdRoutes: readonly HttpRoute[] = [
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
    summary: "Service level, waits, abandonment and handling times: the whole span with its targets, by channel, and by quarter of an hour",
    query: z.strictObject({ queue: z.string().min(1).max(64).optional(), ...span }).refine(inSpan, tooLong),
    output: z.object({ total: figures, targets, channels: z.array(z.object({ channel: z.string(), ...figures.shape })), intervals: z.array(z.object({ queue: z.string(), channel: z.string(), startsAt: z.number(), ...figures.shape })) }),
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
  ...queueRuleRoutes,
  ...agentRoutes,
  ...callRoutes,
  ...screenRoutes,
  ...supervisionRoutes,
];
