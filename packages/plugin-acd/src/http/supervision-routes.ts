import { defineRoute, maskPhone, type HttpRoute, type Principal } from "@hotlinejs/core";
import { z } from "zod";
import { ACD, AGENT_CALLS, type AgentCalls, type WaitingCaller, type WatchOptions } from "../contract.js";
import { maskedCall } from "../domain/masked-call.js";
import { acdErrors } from "../errors.js";
import { agentCall } from "./call-routes.js";
import { pageOf, wholeOf } from "./pages.js";

const number = z.strictObject({ number: z.string().min(1).max(32) });
const waitingCaller = z.object({
  interactionId: z.string(),
  queue: z.string(),
  channel: z.string(),
  callerNumber: z.string(),
  priority: z.number(),
  enteredAt: z.number(),
  placeAt: z.number(),
  ahead: z.number(),
  ringing: z.string().nullable(),
});
const caller = z.strictObject({ interactionId: z.string().min(1).max(64) });

function masked(caller: WaitingCaller): WaitingCaller {
  return { ...caller, callerNumber: maskPhone(caller.callerNumber) };
}

/** The supervisor listens with the own phone. @throws HTL_ACD_NO_OWN_PHONE */
function own(principal: Principal | undefined): WatchOptions {
  const by = principal?.agentNumber ?? undefined;
  if (principal === undefined || by === undefined) throw acdErrors.NO_OWN_PHONE();
  return { by, actor: principal.userId };
}

function step(name: string, permission: string, summary: string, run: (calls: AgentCalls, agent: string, options: WatchOptions) => Promise<void>): HttpRoute {
  return defineRoute({
    method: "POST",
    path: `/api/agents/:number/call/${name}`,
    permission,
    summary,
    params: number,
    body: z.strictObject({}).optional(),
    output: z.object({ agent: z.string(), by: z.string() }),
    handler: async ({ services, params, principal }) => {
      const options = own(principal);
      await run(services.get(AGENT_CALLS), params.number, options);
      return { agent: params.number, by: options.by };
    },
  });
}

export const supervisionRoutes: readonly HttpRoute[] = [
  step("listen", "acd.calls.listen", "Rings the supervisor's own phone and lets it hear the call; audited", (calls, agent, options) => calls.watch(agent, "listen", options)),
  step("whisper", "acd.calls.whisper", "The supervisor speaks to the agent, unheard by the citizen; audited", (calls, agent, options) => calls.watch(agent, "whisper", options)),
  step("barge", "acd.calls.barge", "The supervisor talks with both; audited", (calls, agent, options) => calls.watch(agent, "barge", options)),
  step("take-over", "acd.calls.take-over", "The supervisor takes the agent's place; audited", (calls, agent, options) => calls.takeOver(agent, options)),
  defineRoute({
    method: "POST",
    path: "/api/agents/:number/call/unwatch",
    permission: "acd.calls.listen",
    summary: "Takes the supervisor's phone out of the call",
    params: number,
    body: z.strictObject({}).optional(),
    output: z.object({ by: z.string() }),
    handler: async ({ services, principal }) => {
      const { by } = own(principal);
      await services.get(AGENT_CALLS).unwatch(by);
      return { by };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/supervision",
    permission: "acd.calls.read",
    summary: "The calls agents have at the moment, numbers masked, and the call the supervisor is in",
    output: z.object({ calls: z.array(agentCall), watching: z.object({ by: z.string(), agent: z.string(), interactionId: z.string(), mode: z.enum(["listen", "whisper", "barge"]), inside: z.boolean(), since: z.number() }).nullable() }),
    handler: ({ services, principal }) => {
      const calls = services.get(AGENT_CALLS);
      const own = principal?.agentNumber ?? undefined;
      return Promise.resolve({
        calls: services
          .get(ACD)
          .agents()
          .flatMap(({ number: agent }) => calls.current(agent) ?? [])
          .map(maskedCall),
        watching: (own === undefined ? undefined : calls.watching(own)) ?? null,
      });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/queues/:key/waiting",
    permission: "acd.queues.read",
    summary: "Who waits in a queue, in the order of service",
    params: z.strictObject({ key: z.string().min(1).max(64) }),
    output: pageOf(waitingCaller),
    handler: ({ services, params }) => Promise.resolve(wholeOf(services.get(ACD).waiting(params.key).map(masked))),
  }),
  defineRoute({
    method: "POST",
    path: "/api/waiting/:interactionId/move",
    permission: "acd.queues.steer",
    summary: "Puts a waiting caller into another queue, with the place kept; audited",
    params: caller,
    body: z.strictObject({ queue: z.string().min(1).max(64) }),
    output: waitingCaller,
    handler: async ({ services, params, body, principal }) => masked(await services.get(ACD).move(params.interactionId, body.queue, { actor: principal?.userId ?? "system" })),
  }),
  defineRoute({
    method: "POST",
    path: "/api/waiting/:interactionId/priority",
    permission: "acd.queues.steer",
    summary: "Changes the priority of a waiting caller; audited",
    params: caller,
    body: z.strictObject({ priority: z.int().min(-1000).max(1000) }),
    output: waitingCaller,
    handler: async ({ services, params, body, principal }) => masked(await services.get(ACD).setPriority(params.interactionId, body.priority, { actor: principal?.userId ?? "system" })),
  }),
];
