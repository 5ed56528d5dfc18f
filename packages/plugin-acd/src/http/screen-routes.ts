import { defineRoute, type HttpRoute, type Principal, type Services } from "@hotlinejs/core";
import { z } from "zod";
import { ACD, AGENT_CALLS, type AgentScreen } from "../contract.js";
import { acdErrors } from "../errors.js";

/** All of a screen as JSON, UTF-8 bytes: a form of two texts of 20,000 Chinese characters fits twice. */
const MOST_BYTES = 256 * 1024;
const MOST_DRAFTS = 20;

const params = z.strictObject({ number: z.string().min(1).max(32), interactionId: z.string().min(1).max(64) });
const draft = z.strictObject({ key: z.string().min(1).max(160), at: z.number().int().min(0), values: z.record(z.string().max(80), z.json()) });
const screen = z.strictObject({ drafts: z.array(draft).max(MOST_DRAFTS), panel: z.string().max(120).nullable() });
const given = z.object({ ...screen.shape, from: z.string(), fromName: z.string(), at: z.number() });

/** What was typed for a citizen is for the agent alone: nobody reads or writes it in the agent's name. @throws HTL_ACD_UNKNOWN_AGENT, HTL_ACD_SCREEN_NOT_YOURS */
function requireOwn(services: Services, number: string, interactionId: string, principal: Principal | undefined): void {
  if (services.get(ACD).agent(number) === undefined) throw acdErrors.UNKNOWN_AGENT(number);
  if (principal?.agentNumber !== number) throw acdErrors.SCREEN_NOT_YOURS(number, interactionId);
}

/** Drafts are about this call, and not more than fits. @throws HTL_ACD_SCREEN_UNUSABLE */
function checked(body: AgentScreen, interactionId: string): AgentScreen {
  const other = body.drafts.find(({ key }) => !key.includes(interactionId));
  if (other !== undefined) throw acdErrors.SCREEN_UNUSABLE(`the draft "${other.key.slice(0, 60)}" is not of this call`);
  const size = Buffer.byteLength(JSON.stringify(body));
  if (size > MOST_BYTES) throw acdErrors.SCREEN_UNUSABLE(`${size} bytes; at most ${MOST_BYTES} are kept`);
  return body;
}

export const screenRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "PUT",
    path: "/api/agents/:number/calls/:interactionId/screen",
    permission: "authenticated",
    summary: "Gives what the agent's screen shows of a call (drafts of forms, the open panel) for the next agent; kept until the call is over",
    params,
    body: screen,
    handler: ({ services, params: { number, interactionId }, body, principal }) => {
      requireOwn(services, number, interactionId, principal);
      services.get(AGENT_CALLS).giveScreen(number, interactionId, checked(body as AgentScreen, interactionId));
      return Promise.resolve();
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/agents/:number/calls/:interactionId/screen",
    permission: "authenticated",
    summary: "What another agent's screen showed of the call, or null; only for agents who have or had the caller",
    params,
    output: z.object({ screen: given.nullable() }),
    handler: ({ services, params: { number, interactionId }, principal }) => {
      requireOwn(services, number, interactionId, principal);
      return Promise.resolve({ screen: (services.get(AGENT_CALLS).screen(number, interactionId) ?? null) as z.output<typeof given> | null });
    },
  }),
];
