import { defineRoute, type HttpRequest, type HttpRoute, type Principal } from "@hotlinejs/core";
import { z } from "zod";
import { WEBCHAT, type ChatScreen, type ChatView, type Webchat } from "../contract.js";
import { errors } from "../errors.js";

/** Serve chats in the console. */
export const SERVE = "webchat.serve";
const MOST_TEXT = 2_000;

const text = z.string().trim().min(1).max(MOST_TEXT);
const said = z.strictObject({ text, clientId: z.string().min(1).max(64).optional() });
/** All drafts as JSON, UTF-8 bytes: a form of two texts of 20,000 Chinese characters fits twice. */
const MOST_SCREEN_BYTES = 256 * 1024;
const screen = z.strictObject({ drafts: z.array(z.strictObject({ key: z.string().min(1).max(160), at: z.number().int().min(0), values: z.record(z.string().max(80), z.json()) })).max(20) });
const idParams = z.object({ id: z.string().min(1).max(64) });

/** The citizen's key to the chat: header or cookie. */
export function chatToken(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const cookie = /(?:^|;)\s*hotline_chat=([\w-]{32})(?:;|$)/.exec(headers.cookie ?? "")?.[1];
  return headers["x-chat-token"] ?? cookie;
}

async function citizenChat(request: Pick<HttpRequest, "headers" | "services">): Promise<{ webchat: Webchat; chat: ChatView }> {
  const webchat = request.services.get(WEBCHAT);
  const token = chatToken(request.headers);
  const chat = token === undefined ? undefined : await webchat.byToken(token);
  if (chat === undefined) throw errors.NO_CHAT();
  return { webchat, chat };
}

function agentOf(principal: Principal | undefined): string {
  if (principal?.agentNumber === undefined) throw errors.NO_AGENT();
  return principal.agentNumber;
}

/** A chat the agent has, or is asked to take. */
async function ownChat(request: Pick<HttpRequest, "services" | "principal">, id: string): Promise<{ webchat: Webchat; chat: ChatView; agent: string }> {
  const webchat = request.services.get(WEBCHAT);
  const agent = agentOf(request.principal);
  const chat = await webchat.get(id, agent);
  if (chat === undefined) throw errors.NOT_FOUND(id);
  if (chat.agent !== agent) throw errors.NOT_YOURS();
  return { webchat, chat, agent };
}

/** Drafts are about this chat, and not more than fits. @throws HTL_WEBCHAT_SCREEN_UNUSABLE */
function checked(given: ChatScreen, chat: ChatView): ChatScreen {
  const other = given.drafts.find(({ key }) => !key.includes(chat.id) && (chat.interactionId === null || !key.includes(chat.interactionId)));
  if (other !== undefined) throw errors.SCREEN_UNUSABLE(`the draft "${other.key.slice(0, 60)}" is not of this chat`);
  const size = Buffer.byteLength(JSON.stringify(given));
  if (size > MOST_SCREEN_BYTES) throw errors.SCREEN_UNUSABLE(`${size} bytes; at most ${MOST_SCREEN_BYTES} are kept`);
  return given;
}

const answerRoute = (verb: "accept" | "decline"): HttpRoute =>
  defineRoute({
    method: "POST",
    path: `/api/webchat/chats/:id/${verb}`,
    permission: SERVE,
    summary: verb === "accept" ? "Takes an offered chat" : "Gives an offered chat back",
    params: idParams,
    handler: ({ services, params, principal }) => services.get(WEBCHAT).answer(params.id, agentOf(principal), verb === "accept"),
  });

export const chatRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "POST",
    path: "/api/webchat/chats",
    permission: "public",
    summary: "A citizen opens a chat; the token is the key to it",
    body: z.strictObject({ name: z.string().trim().max(50).optional(), topic: z.string().trim().max(100).optional(), text, language: z.enum(["zh-CN", "en"]).optional() }),
    handler: async ({ services, body, remoteAddress }) => ({ kind: "reply", status: 201, body: await services.get(WEBCHAT).open({ ...body, from: remoteAddress }) }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/webchat/chat",
    permission: "public",
    summary: "The citizen's own chat",
    query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
    handler: async (request) => {
      const { webchat, chat } = await citizenChat(request);
      return { chat, messages: await webchat.messages(chat.id, { after: request.query.after }) };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/webchat/chat/messages",
    permission: "public",
    summary: "The citizen says something",
    body: said,
    handler: async (request) => {
      const { webchat, chat } = await citizenChat(request);
      return webchat.say(chat.id, "citizen", request.body.text, request.body);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/webchat/chat/end",
    permission: "public",
    summary: "The citizen ends the chat",
    handler: async (request) => {
      const { webchat, chat } = await citizenChat(request);
      return webchat.end(chat.id, "citizen");
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/webchat/chats",
    permission: SERVE,
    summary: "Chats the agent has, or is asked to take",
    handler: async ({ services, principal }) => ({ items: await services.get(WEBCHAT).ofAgent(agentOf(principal)), next: null }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/webchat/chats/:id",
    permission: SERVE,
    summary: "One of them with its messages",
    params: idParams,
    query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
    handler: async (request) => {
      const { webchat, chat } = await ownChat(request, request.params.id);
      return { chat, messages: await webchat.messages(chat.id, { after: request.query.after }) };
    },
  }),
  answerRoute("accept"),
  answerRoute("decline"),
  defineRoute({
    method: "POST",
    path: "/api/webchat/chats/:id/messages",
    permission: SERVE,
    summary: "The agent says something",
    params: idParams,
    body: said,
    handler: async (request) => {
      const { webchat, chat, agent } = await ownChat(request, request.params.id);
      return webchat.say(chat.id, { agent }, request.body.text, request.body);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/webchat/chats/:id/end",
    permission: SERVE,
    summary: "The agent ends the chat",
    params: idParams,
    handler: async (request) => {
      const { webchat, chat, agent } = await ownChat(request, request.params.id);
      return webchat.end(chat.id, { agent });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/webchat/targets",
    permission: SERVE,
    summary: "Agents and queues a chat could be given to now, with what the agents are at; those first who would be asked at once",
    handler: ({ services, principal }) => Promise.resolve(services.get(WEBCHAT).targets(agentOf(principal))),
  }),
  defineRoute({
    method: "POST",
    path: "/api/webchat/chats/:id/transfer",
    permission: SERVE,
    summary: "Gives the chat to another agent or to a queue, with what was typed; it stays until somebody has taken it",
    params: idParams,
    body: z.strictObject({ to: z.union([z.strictObject({ agent: z.string().min(1).max(32) }), z.strictObject({ queue: z.string().min(1).max(64) })]), screen: screen.optional() }),
    handler: async (request) => {
      const { webchat, chat, agent } = await ownChat(request, request.params.id);
      return webchat.transfer(chat.id, agent, request.body.to, request.body.screen === undefined ? undefined : checked(request.body.screen, chat));
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/webchat/chats/:id/transfer",
    permission: SERVE,
    summary: "The giver keeps the chat after all; no effect once somebody has taken it",
    params: idParams,
    handler: async (request) => {
      const { webchat, chat, agent } = await ownChat(request, request.params.id);
      return webchat.cancelTransfer(chat.id, agent);
    },
  }),
  defineRoute({
    method: "PUT",
    path: "/api/webchat/chats/:id/screen",
    permission: SERVE,
    summary: "What was typed after the transfer was asked for follows; only from who gives or gave the chat",
    params: idParams,
    body: screen,
    handler: async ({ services, params, body, principal }) => {
      const webchat = services.get(WEBCHAT);
      const chat = await webchat.get(params.id);
      if (chat === undefined) throw errors.NOT_FOUND(params.id);
      await webchat.giveScreen(chat.id, agentOf(principal), checked(body, chat));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/webchat/chats/:id/screen",
    permission: SERVE,
    summary: "What came with the chat from another agent, or null; for the agent who has it",
    params: idParams,
    handler: async (request) => {
      const { webchat, chat, agent } = await ownChat(request, request.params.id);
      return { screen: (await webchat.screen(chat.id, agent)) ?? null };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/webchat/chats/:id/ticket",
    permission: SERVE,
    summary: "A ticket with the transcript",
    params: idParams,
    body: z.strictObject({ kind: z.string().min(1).max(40), category: z.string().max(40).nullish(), summary: z.string().trim().min(1).max(500), contactName: z.string().trim().max(100).nullish(), contactNumber: z.string().trim().max(30).nullish() }),
    handler: async (request) => {
      const { webchat, chat } = await ownChat(request, request.params.id);
      return { kind: "reply", status: 201, body: await webchat.ticket(chat.id, { ...request.body, actor: request.principal?.userId ?? "unknown" }) };
    },
  }),
];
