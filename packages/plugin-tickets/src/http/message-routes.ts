import { z } from "zod";
import { defineRoute } from "@hotlinejs/core";
import type { HttpRoute, Principal } from "@hotlinejs/core";
import { QUEUED_MESSAGES } from "../contract.js";
import type { QueuedMessage } from "../contract.js";
import { errors } from "../errors.js";
import { shown } from "./ticket-view.js";

/** Take written messages from the queues. */
export const SERVE = "tickets.serve";

const idParams = z.object({ id: z.string().min(1).max(64) });

function agentOf(principal: Principal | undefined): string {
  if (principal?.agentNumber === undefined) throw errors.NO_AGENT();
  return principal.agentNumber;
}

/** What this person may see of it. */
function view(message: QueuedMessage, principal: Principal | undefined): QueuedMessage {
  return { ...message, ticket: shown(message.ticket, principal) };
}

const answerRoute = (verb: "accept" | "decline"): HttpRoute =>
  defineRoute({
    method: "POST",
    path: `/api/queued-messages/:id/${verb}`,
    permission: SERVE,
    summary: verb === "accept" ? "Takes an offered message" : "Gives an offered message back",
    params: idParams,
    handler: async ({ services, params, principal }) => view(await services.get(QUEUED_MESSAGES).answer(params.id, agentOf(principal), verb === "accept"), principal),
  });

/** Written messages (e-mails, faxes ...) that the queues give to agents. */
export const messageRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/queued-messages",
    permission: SERVE,
    summary: "Written messages the agent has, or is asked to take",
    handler: async ({ services, principal }) => ({ items: (await services.get(QUEUED_MESSAGES).ofAgent(agentOf(principal))).map((message) => view(message, principal)), next: null }),
  }),
  answerRoute("accept"),
  answerRoute("decline"),
  defineRoute({
    method: "POST",
    path: "/api/queued-messages/:id/finish",
    permission: SERVE,
    summary: "The agent is done with a message; a step of its ticket does the same",
    params: idParams,
    handler: async ({ services, params, principal }) => view(await services.get(QUEUED_MESSAGES).finish(params.id, agentOf(principal)), principal),
  }),
  defineRoute({
    method: "GET",
    path: "/api/queued-messages/targets",
    permission: SERVE,
    summary: "Agents and queues a message could be given to now, with what the agents are at; those first who would be asked at once",
    query: z.object({ queue: z.string().min(1).max(64).optional(), channel: z.string().min(1).max(32).optional() }),
    handler: ({ services, query, principal }) => Promise.resolve(services.get(QUEUED_MESSAGES).targets(agentOf(principal), query.queue, query.channel)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/queued-messages/:id/transfer",
    permission: SERVE,
    summary: "Gives a message to another queue, where it waits at once, or to a colleague; it stays until the colleague has taken it",
    params: idParams,
    body: z.strictObject({ to: z.union([z.strictObject({ agent: z.string().min(1).max(32) }), z.strictObject({ queue: z.string().min(1).max(64) })]) }),
    handler: async ({ services, params, body, principal }) => view(await services.get(QUEUED_MESSAGES).transfer(params.id, agentOf(principal), body.to), principal),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/queued-messages/:id/transfer",
    permission: SERVE,
    summary: "The giver keeps the message after all; no effect once a colleague has taken it",
    params: idParams,
    handler: async ({ services, params, principal }) => view(await services.get(QUEUED_MESSAGES).cancelTransfer(params.id, agentOf(principal)), principal),
  }),
];
