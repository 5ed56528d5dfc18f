import { z } from "zod";
import { defineRoute } from "@hotlinejs/core";
import type { HttpRoute, Principal, Services } from "@hotlinejs/core";
import { ACD } from "@hotlinejs/plugin-acd/contract";
import { PAUSE_REASONS } from "../contract.js";
import { errors } from "../errors.js";
import { RECORDING_INTERNALS } from "../recording-internals.js";
import type { RecordingInternals } from "../recording-internals.js";

export const PAUSE = "recording.pause";
export const WATCH_PAUSES = "recording.pauses.read";

const number = z.strictObject({ number: z.string().min(1).max(32) });
const pause = z.object({
  id: z.string(),
  agent: z.string(),
  reason: z.enum(PAUSE_REASONS).nullable(),
  from: z.number(),
  until: z.number(),
  to: z.number().nullable(),
  ended: z.string().nullable(),
});
const state = z.object({ interactionId: z.string().nullable(), recorded: z.boolean(), pause: pause.nullable(), longestMs: z.number() });

/** The agent, or who may act for other agents, as with the other commands to a call. */
function requireAgent(services: Services, agent: string, principal: Principal | undefined): Principal {
  const acd = services.optional(ACD);
  if (acd !== undefined && acd.agent(agent) === undefined) throw errors.NO_AGENT(agent);
  if (principal === undefined || !(principal.agentNumber === agent || principal.permissions.has("acd.agents.state"))) throw errors.NOT_YOUR_CALL(agent);
  return principal;
}

function shown({ pauses, longestPauseMs }: RecordingInternals, agent: string): z.output<typeof state> {
  return { ...pauses.state(agent), longestMs: longestPauseMs };
}

export const pauseRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/agents/:number/call/recording",
    permission: "authenticated",
    summary: "Whether the agent's call is being recorded, and the pause going on",
    params: number,
    output: state,
    handler: ({ services, params, principal }) => {
      requireAgent(services, params.number, principal);
      return Promise.resolve(shown(services.get(RECORDING_INTERNALS), params.number));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/recording",
    permission: PAUSE,
    summary: "Leaves what is said out of the recording of the agent's call, or goes on recording; `longestMs` is when it does so by itself. Audited",
    params: number,
    body: z.strictObject({ paused: z.boolean(), reason: z.enum(PAUSE_REASONS).optional() }),
    output: state,
    handler: async ({ services, params, body, principal }) => {
      const { userId } = requireAgent(services, params.number, principal);
      const internals = services.get(RECORDING_INTERNALS);
      if (body.paused) await internals.pauses.begin(params.number, userId, body.reason ?? null);
      else await internals.pauses.end(params.number, userId);
      return shown(internals, params.number);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/recording-pauses",
    permission: WATCH_PAUSES,
    summary: "Calls whose recording an agent has paused now",
    output: z.object({ items: z.array(pause.extend({ interactionId: z.string() })), next: z.null() }),
    handler: ({ services }) => Promise.resolve({ items: [...services.get(RECORDING_INTERNALS).pauses.list()], next: null }),
  }),
];
