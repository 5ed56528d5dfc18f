import { AUDIT, defineRoute, NOTIFICATIONS, type HttpRequest, type HttpRoute, type Principal } from "@hotlinejs/core";
import { z } from "zod";
import { ACD, AGENT_CALLS, type AgentCall, type AgentCalls } from "../contract.js";
import { maskedCall } from "../domain/masked-call.js";
import { acdErrors } from "../errors.js";
import { page, pageOf, pageQuery, wholeOf } from "./pages.js";

const number = z.strictObject({ number: z.string().min(1).max(32) });
const target = z.strictObject({ to: z.string().min(1).max(40) });

export const agentCall = z.object({
  agent: z.string(),
  interactionId: z.string(),
  direction: z.enum(["inbound", "outbound"]),
  state: z.string(),
  since: z.number(),
  citizenNumber: z.string(),
  queue: z.string().nullable(),
  queueName: z.string().nullable(),
  waitMs: z.number().nullable(),
  ringUntil: z.number().nullable(),
  joining: z.boolean(),
  answeredAt: z.number().nullable(),
  supervisor: z.enum(["whisper", "barge"]).nullable(),
  given: z.object({ by: z.string(), name: z.string(), asked: z.boolean() }).nullable(),
  consult: z.object({ number: z.string(), name: z.string().nullable(), answeredAt: z.number().nullable(), talking: z.boolean(), until: z.number().nullable() }).nullable(),
  members: z.array(z.object({ id: z.string(), kind: z.enum(["citizen", "agent", "other"]), number: z.string(), name: z.string().nullable(), since: z.number(), muted: z.boolean(), until: z.number().nullable() })),
  flow: z.object({ id: z.string(), title: z.string(), outcome: z.string().nullable(), result: z.string().nullable() }).nullable(),
  announcement: z
    .object({
      key: z.string(),
      kind: z.enum(["prompt", "article"]),
      title: z.string(),
      to: z.enum(["citizen", "both"]),
      startedAt: z.number().nullable(),
      durationMs: z.number().nullable(),
      result: z.enum(["completed", "stopped", "cut", "failed"]).nullable(),
      playedMs: z.number().nullable(),
    })
    .nullable(),
  commands: z.array(z.string()),
});
const answer = z.object({ call: agentCall.nullable() });

type Request = HttpRequest<{ number: string }, undefined, unknown>;

/** The agent, or who may act for other agents. @throws HTL_ACD_NOT_ALLOWED */
export function requireAgent(agent: string, principal: Principal | undefined): Principal {
  if (principal === undefined || !(principal.agentNumber === agent || principal.permissions.has("acd.agents.state"))) throw acdErrors.NOT_ALLOWED(agent);
  return principal;
}

function shown(call: AgentCall | undefined): { call: AgentCall | null } {
  return { call: call === undefined ? null : maskedCall(call) };
}

/** One command: who may, the command, and the call as it is afterwards. */
function command(name: string, summary: string, run: (calls: AgentCalls, agent: string) => Promise<unknown>): HttpRoute {
  return defineRoute({
    method: "POST",
    path: `/api/agents/:number/call/${name}`,
    permission: "authenticated",
    summary,
    params: number,
    body: z.strictObject({}).optional(),
    output: answer,
    handler: async ({ services, params, principal }) => {
      requireAgent(params.number, principal);
      const calls = services.get(AGENT_CALLS);
      await run(calls, params.number);
      return shown(calls.current(params.number));
    },
  });
}

/** The same, with a number to call. */
function targeted(name: string, summary: string, run: (calls: AgentCalls, agent: string, to: string, actor: string) => Promise<unknown>): HttpRoute {
  return defineRoute({
    method: "POST",
    path: `/api/agents/:number/call/${name}`,
    permission: "authenticated",
    summary,
    params: number,
    body: target,
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      const { userId, permissions } = requireAgent(params.number, principal);
      if (body.to.startsWith("emergency:") && !permissions.has("acd.emergency.call")) throw acdErrors.EMERGENCY_NOT_ALLOWED();
      const calls = services.get(AGENT_CALLS);
      await run(calls, params.number, body.to, userId);
      return shown(calls.current(params.number));
    },
  });
}

export const callRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/emergency-contacts",
    permission: "acd.emergency.call",
    summary: "Departments and leaders for emergencies; `emergency:<key>` is a target of transfer, consult and dial",
    output: pageOf(z.object({ key: z.string(), name: z.string(), kind: z.enum(["department", "leader", "authority"]), number: z.string() })),
    handler: ({ services }) => Promise.resolve(wholeOf(services.get(AGENT_CALLS).emergencyContacts())),
  }),
  defineRoute({
    method: "GET",
    path: "/api/agents/:number/call",
    permission: "authenticated",
    summary: "What the agent has on the phone, or null; the citizen's number masked",
    params: number,
    output: answer,
    handler: ({ services, params, principal }) => {
      requireAgent(params.number, principal);
      if (services.get(ACD).agent(params.number) === undefined) return Promise.reject(acdErrors.UNKNOWN_AGENT(params.number));
      return Promise.resolve(shown(services.get(AGENT_CALLS).current(params.number)));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/reveal",
    permission: "authenticated",
    summary: "The citizen's number of the call in progress, in full; audited",
    params: number,
    body: z.strictObject({}).optional(),
    output: z.object({ citizenNumber: z.string() }),
    handler: async ({ services, params, principal }: Request) => {
      const { userId } = requireAgent(params.number, principal);
      const call = services.get(AGENT_CALLS).current(params.number);
      if (call === undefined) throw acdErrors.NO_CALL(params.number);
      await services.get(AUDIT).record({ actor: userId, action: "acd.number-revealed", subject: { type: "interaction", id: call.interactionId } });
      return { citizenNumber: call.citizenNumber };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/help",
    permission: "authenticated",
    summary: "Tells the supervisors on their screens that this agent needs help",
    params: number,
    body: z.strictObject({}).optional(),
    handler: async ({ services, params, principal }: Request) => {
      requireAgent(params.number, principal);
      const agent = services.get(ACD).agent(params.number);
      if (agent === undefined) throw acdErrors.UNKNOWN_AGENT(params.number);
      const interactionId = services.get(AGENT_CALLS).current(params.number)?.interactionId;
      await services.get(NOTIFICATIONS).send({
        channel: "screen",
        to: "permission:acd.agents.state",
        template: "acd.help",
        title: "坐席求助",
        text: `${agent.name}（${agent.number}）请求帮助`,
        ...(interactionId === undefined ? {} : { subject: { type: "interaction", id: interactionId } }),
      });
    },
  }),
  command("reject", "Gives the ringing call back to the queue", (calls, agent) => calls.reject(agent)),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/pickup",
    permission: "acd.calls.pickup",
    summary: "A call that rings at a colleague rings at this agent's phone instead, without `from` the one that rings longest; audited",
    params: number,
    body: z.strictObject({ from: z.string().min(1).max(32).optional() }).optional(),
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      const { userId, permissions } = requireAgent(params.number, principal);
      const anybody = permissions.has("acd.calls.pickup-any");
      return shown(await services.get(AGENT_CALLS).pickUp(params.number, { actor: userId, anybody, ...(body?.from === undefined ? {} : { from: body.from }) }));
    },
  }),
  command("hold", "The caller hears music", (calls, agent) => calls.hold(agent)),
  command("retrieve", "The caller is taken off hold", (calls, agent) => calls.retrieve(agent)),
  command("swap", "Talks with the other of caller, or conference, and consulted", (calls, agent) => calls.swap(agent)),
  command("complete", "Caller and consulted, or all others of the conference, talk; the agent is free", (calls, agent) => calls.complete(agent)),
  command("conference", "All talk: agent, caller, who was asked, and who is in the conference already", (calls, agent) => calls.conference(agent)),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/remove",
    permission: "authenticated",
    summary: "Lets one member of the agent's conference go; audited",
    params: number,
    body: z.strictObject({ member: z.string().min(1).max(64) }),
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      const calls = services.get(AGENT_CALLS);
      await calls.remove(params.number, body.member, actor);
      return shown(calls.current(params.number));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/mute",
    permission: "authenticated",
    summary: "One member of the agent's conference is not heard by the others any more, or, with `muted: false`, heard again; audited",
    params: number,
    body: z.strictObject({ member: z.string().min(1).max(64), muted: z.boolean().default(true) }),
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      const calls = services.get(AGENT_CALLS);
      await calls.mute(params.number, body.member, { muted: body.muted, actor });
      return shown(calls.current(params.number));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/end",
    permission: "authenticated",
    summary: "The conference is over for all; the caller goes on as after any call the agent ends. Audited",
    params: number,
    body: z.strictObject({}).optional(),
    output: answer,
    handler: async ({ services, params, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      const calls = services.get(AGENT_CALLS);
      await calls.end(params.number, actor);
      return shown(calls.current(params.number));
    },
  }),
  command("cancel", "Ends the consultation, or takes the caller back from a flow", (calls, agent) => calls.cancel(agent)),
  command("hangup", "The agent leaves the call; in a consultation only that ends", (calls, agent) => calls.hangup(agent)),
  targeted("transfer", "Blind transfer to an agent, extension or number", (calls, agent, to, actor) => calls.transfer(agent, to, actor)),
  targeted("consult", "Holds the caller, or leaves the conference to the others, and rings somebody else", (calls, agent, to, actor) => calls.consult(agent, to, actor)),
  targeted("dial", "Rings the agent's phone, then the number", (calls, agent, to, actor) => calls.dial(agent, to, actor)),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/to-queue",
    permission: "authenticated",
    summary: "Gives the caller to a queue; the agent is free",
    params: number,
    body: z.strictObject({ queue: z.string().min(1).max(64) }),
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      const calls = services.get(AGENT_CALLS);
      await calls.toQueue(params.number, body.queue, actor);
      return shown(calls.current(params.number));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/agents/:number/call/flows",
    permission: "authenticated",
    summary: "Flows the agent may send the caller to",
    params: number,
    output: pageOf(z.object({ id: z.string(), title: z.string() })),
    handler: ({ services, params, principal }) => {
      requireAgent(params.number, principal);
      if (services.get(ACD).agent(params.number) === undefined) return Promise.reject(acdErrors.UNKNOWN_AGENT(params.number));
      return Promise.resolve(wholeOf(services.get(AGENT_CALLS).flows()));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/to-flow",
    permission: "authenticated",
    summary: "Sends the caller to a flow; the agent has them back when it is over",
    params: number,
    body: z.strictObject({ flow: z.string().min(1).max(80) }),
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      const calls = services.get(AGENT_CALLS);
      await calls.toFlow(params.number, body.flow, actor);
      return shown(calls.current(params.number));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/announcements",
    permission: "acd.announcements.play",
    summary: "Approved prompts and articles that agents may play into calls today; `search`: words in title, topic, keywords or text",
    query: pageQuery.extend({ search: z.string().max(100).optional() }),
    output: pageOf(z.object({ key: z.string(), kind: z.enum(["prompt", "article"]), title: z.string(), topic: z.string().nullable(), excerpt: z.string(), aboutMs: z.number().nullable() })),
    handler: ({ services, query }) => Promise.resolve(page(services.get(AGENT_CALLS).announcements(query.search), (each) => each.key, query)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/announce",
    permission: "acd.announcements.play",
    summary: "Plays an announcement into the talk, heard by the caller, or by the agent too; both go on to hear each other. Audited",
    params: number,
    body: z.strictObject({ announcement: z.string().min(1).max(64), to: z.enum(["citizen", "both"]).default("citizen") }),
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      const actor = requireAgent(params.number, principal).userId;
      const calls = services.get(AGENT_CALLS);
      await calls.announce(params.number, body.announcement, { to: body.to, actor });
      return shown(calls.current(params.number));
    },
  }),
  command("stop-announcement", "Ends what is being played to the caller", (calls, agent) => calls.stopAnnouncement(agent)),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/dtmf",
    permission: "authenticated",
    summary: "Keys to whom the agent talks with",
    params: number,
    body: z.strictObject({ digits: z.string().regex(/^[0-9*#A-D]{1,32}$/) }),
    output: answer,
    handler: async ({ services, params, body, principal }) => {
      requireAgent(params.number, principal);
      const calls = services.get(AGENT_CALLS);
      await calls.dtmf(params.number, body.digits);
      return shown(calls.current(params.number));
    },
  }),
];
