import { defineRoute, type HttpRoute, type Principal } from "@hotlinejs/core";
import { z } from "zod";
import { profileSettings } from "../config.js";
import { ACD } from "../contract.js";
import { acdErrors } from "../errors.js";
import { requireAgent } from "./call-routes.js";
import { page, pageOf, pageQuery } from "./pages.js";

const choices = ["available", "on-demand", "not-ready", "offline"] as const;

const share = z.number().nullable();
export const agentFigures = z.object({ handled: z.number(), averageHandleMs: share, occupancy: share });
const agent = z.object({
  number: z.string(),
  name: z.string(),
  address: z.string(),
  state: z.string(),
  since: z.number(),
  choice: z.enum(choices),
  reason: z.string().nullable(),
  reasonName: z.string().nullable(),
  reasonNameEn: z.string().nullable(),
  reachable: z.boolean(),
  queues: z.array(z.string()),
  groups: z.array(z.string()),
  profile: z.string().nullable(),
  interactionId: z.string().nullable(),
  work: z.array(z.object({ interactionId: z.string(), channel: z.string() })),
  offered: z.string().nullable(),
  roomForCall: z.boolean(),
  wrapUpUntil: z.number().nullable(),
  wrapUp: z.object({ interactionId: z.string(), queue: z.string().nullable(), code: z.string().nullable(), codes: z.array(z.string()), required: z.boolean() }).nullable(),
  callsTaken: z.number(),
  talkMs: z.number(),
  today: agentFigures,
});
const reason = z.object({ code: z.string(), name: z.string(), nameEn: z.string(), choice: z.enum(["not-ready", "offline"]), maxMinutes: z.number().nullable(), whenOver: z.enum(["tell", "sign-out"]), own: z.boolean() });
const profile = z.object({ key: z.string(), name: z.string(), ...profileSettings.shape });
const wrapUpCode = z.string().min(1).max(64);
const number = z.strictObject({ number: z.string().min(1).max(32) });
const key = z.string().regex(/^[\w.-]{1,64}$/);

/** @throws HTL_ACD_NOT_ALLOWED without a person behind the request */
function actorOf(principal: Principal | undefined, about: string): string {
  if (principal === undefined) throw acdErrors.NOT_ALLOWED(about);
  return principal.userId;
}

export const agentRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/agents",
    permission: "acd.agents.read",
    summary: "Agents and what they are doing, all or those of a group or profile",
    query: pageQuery.extend({ group: key.optional(), profile: key.optional() }),
    output: pageOf(agent),
    handler: ({ services, query }) => {
      const { group, profile: wanted } = query;
      const agents = services.get(ACD).agents().filter((each) => (group === undefined || each.groups.includes(group)) && (wanted === undefined || each.profile === wanted));
      return Promise.resolve(page(agents, (each) => each.number, query));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/agent-states",
    permission: "acd.agents.read",
    summary: "What agents can choose, the reasons for not being ready or signing out (`own` ones only the hotline gives), and the codes for the after-call work",
    output: z.object({ choices: z.array(z.enum(choices)), reasons: z.array(reason), wrapUpCodes: z.array(z.object({ code: z.string(), name: z.string(), nameEn: z.string() })) }),
    handler: ({ services }) => Promise.resolve({ choices: [...choices], reasons: [...services.get(ACD).reasons()], wrapUpCodes: [...services.get(ACD).wrapUpCodes()] }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/agent-groups",
    permission: "acd.agents.read",
    summary: "Groups of agents",
    query: pageQuery,
    output: pageOf(z.object({ key: z.string(), name: z.string(), agents: z.array(z.string()) })),
    handler: ({ services, query }) => Promise.resolve(page(services.get(ACD).groups().map((group) => ({ ...group, agents: [...group.agents] })), (each) => each.key, query)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/agent-profiles",
    permission: "acd.agents.read",
    summary: "Profiles: queues, skills, capacity and telephone for several agents",
    query: pageQuery,
    output: pageOf(profile),
    handler: ({ services, query }) => Promise.resolve(page(services.get(ACD).profiles(), (each) => each.key, query)),
  }),
  defineRoute({
    method: "PUT",
    path: "/api/agent-profiles/:key",
    permission: "acd.agents.manage",
    summary: "Makes or changes a profile, at once for all its agents; audited",
    params: z.strictObject({ key }),
    body: z.strictObject({ name: z.string().trim().min(1).max(100), ...profileSettings.shape }),
    output: profile,
    handler: ({ services, params, body, principal }) => services.get(ACD).setProfile({ ...body, key: params.key }, { actor: actorOf(principal, params.key) }),
  }),
  defineRoute({
    method: "PATCH",
    path: "/api/agents/:number",
    permission: "acd.agents.manage",
    summary: "Another profile (null: none) or other groups, at once; audited",
    params: number,
    body: z.strictObject({ profile: key.nullable().optional(), groups: z.array(key).max(50).optional() }),
    output: agent,
    handler: ({ services, params, body, principal }) => {
      const change = { ...(body.profile === undefined ? {} : { profile: body.profile }), ...(body.groups === undefined ? {} : { groups: body.groups }) };
      return services.get(ACD).assign(params.number, change, { actor: actorOf(principal, params.number) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/state",
    // Agents may set their own state; that of others needs acd.agents.state.
    permission: "authenticated",
    summary: "Ready, on demand, not ready (with the code of a reason) or signed out; chosen during a call or after-call work it begins afterwards, but ready ends after-call work unless `keepWrapUp`",
    params: number,
    body: z.strictObject({ state: z.enum(choices), reason: z.string().trim().min(1).max(100).optional(), keepWrapUp: z.boolean().optional() }),
    output: agent,
    handler: async ({ services, params, body, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      return services.get(ACD).setAgentState(params.number, body.state, { actor, ...(body.reason === undefined ? {} : { reason: body.reason }), ...(body.keepWrapUp === undefined ? {} : { keepWrapUp: body.keepWrapUp }) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/sign-out",
    permission: "acd.agents.state",
    summary: "A supervisor signs the agent out; a call in progress goes on unless `endCall`; audited",
    params: number,
    body: z.strictObject({ endCall: z.boolean().default(false) }),
    output: agent,
    handler: ({ services, params, body, principal }) => services.get(ACD).signOut(params.number, { actor: actorOf(principal, params.number), endCall: body.endCall }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/wrap-up/done",
    permission: "authenticated",
    summary: "Ends after-call work early, with a code for the conversation where one is given; without one nothing changes where it is over already",
    params: number,
    body: z.strictObject({ code: wrapUpCode.optional() }).default({}),
    output: agent,
    handler: async ({ services, params, body: { code }, principal }) => {
      requireAgent(params.number, principal);
      return Promise.resolve(services.get(ACD).finishWrapUp(params.number, code === undefined ? {} : { code }));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/wrap-up/code",
    permission: "authenticated",
    summary: "Says what the conversation before the after-call work was about, by a configured code; goes into its record",
    params: number,
    body: z.strictObject({ code: wrapUpCode }),
    output: agent,
    handler: async ({ services, params, body, principal }) => {
      requireAgent(params.number, principal);
      return Promise.resolve(services.get(ACD).setWrapUpCode(params.number, body.code));
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
];
