import { CALENDARS, defineRoute, IDS, isHotlineError, type HttpReply, type HttpRoute } from "@hotlinejs/core";
import { WEBCHAT, type ChatView, type Webchat } from "@hotlinejs/plugin-webchat/contract";
import { z } from "zod";
import { chatPage, chatStartPage, type UnsentWords } from "../pages/chat-pages.js";
import { notice, type PageContext } from "../pages/page.js";
import { chatCookie, chatToken } from "./cookies.js";
import { contextOf, goTo, shown, type Request } from "./portal-context.js";

const CHAT_PAGE = "/portal/chat";
/** Below the last message, where one writes. */
const WRITE = `${CHAT_PAGE}#say`;
const MAX_TEXT = 2_000;

const closed = (context: PageContext): HttpReply => shown(notice(context, context.say("chatTitle"), context.say("chatClosedText", { phone: context.config.phone })), { status: 503 });

/** The chat of the browser's cookie. */
async function mine(request: Request, webchat: Webchat): Promise<{ readonly token: string; readonly chat: ChatView } | undefined> {
  const token = chatToken(request.headers.cookie);
  const chat = token === undefined ? undefined : await webchat.byToken(token);
  return token === undefined || chat === undefined ? undefined : { token, chat };
}

async function conversation(request: Request, webchat: Webchat, chat: ChatView, options: { readonly still?: boolean; readonly unsent?: UnsentWords; readonly status?: number } = {}): Promise<HttpReply> {
  const text = chatPage(contextOf(request, CHAT_PAGE), {
    chat,
    messages: await webchat.messages(chat.id),
    zone: request.services.get(CALENDARS).get("default").timezone,
    clientId: request.services.get(IDS).next(),
    still: options.still ?? false,
    ...(options.unsent === undefined ? {} : { unsent: options.unsent }),
  });
  return shown(text, { status: options.status ?? 200 });
}

export const chatRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: CHAT_PAGE,
    permission: "public",
    summary: "The citizen's conversation, or the question that begins it",
    query: z.object({ still: z.literal("1").optional() }),
    handler: async (request) => {
      const webchat = request.services.optional(WEBCHAT);
      const context = contextOf(request, CHAT_PAGE);
      if (webchat === undefined) return closed(context);
      const found = await mine(request, webchat);
      return found === undefined ? shown(chatStartPage(context, { name: "", text: "", problems: [] })) : conversation(request, webchat, found.chat, { still: request.query.still === "1" });
    },
  }),
  defineRoute({
    method: "POST",
    path: CHAT_PAGE,
    permission: "public",
    summary: "Begins a conversation",
    body: z.object({ name: z.string().max(100).default(""), text: z.string().max(20_000).default("") }),
    form: true,
    handler: async (request) => {
      const webchat = request.services.optional(WEBCHAT);
      const context = contextOf(request, CHAT_PAGE);
      if (webchat === undefined) return closed(context);
      const found = await mine(request, webchat);
      // Pressed twice, or begun in another window.
      if (found !== undefined && found.chat.state !== "ended") return goTo(WRITE);
      const [name, text] = [request.body.name.trim().slice(0, 40), request.body.text.trim()];
      const refuse = (problem: Parameters<typeof chatStartPage>[1]["problems"][number]): HttpReply => shown(chatStartPage(context, { name, text, problems: [problem] }), { status: 422 });
      if (text === "") return refuse({ field: "text", text: "chatFirstMissing" });
      if (text.length > MAX_TEXT) return refuse({ field: "text", text: "tooLong", values: { most: MAX_TEXT, length: text.length } });
      try {
        const opened = await webchat.open({ text, language: context.preferences.language, from: request.remoteAddress, ...(name === "" ? {} : { name }) });
        return goTo(WRITE, [chatCookie(opened.token, context.secure)]);
      } catch (error) {
        if (!isHotlineError(error)) throw error;
        const words = error.code === "HTL_WEBCHAT_TOO_MANY" ? "chatTooMany" : "chatClosedText";
        return shown(notice(context, context.say("chatTitle"), context.say(words, { phone: context.config.phone })), { status: error.status });
      }
    },
  }),
  defineRoute({
    method: "POST",
    path: `${CHAT_PAGE}/messages`,
    permission: "public",
    summary: "What the citizen says, from a page without script",
    body: z.object({ text: z.string().max(20_000).default(""), clientId: z.string().max(100).optional() }),
    form: true,
    handler: async (request) => {
      const webchat = request.services.optional(WEBCHAT);
      if (webchat === undefined) return closed(contextOf(request, CHAT_PAGE));
      const found = await mine(request, webchat);
      const text = request.body.text.trim().slice(0, MAX_TEXT);
      if (found === undefined || text === "") return goTo(CHAT_PAGE);
      try {
        await webchat.say(found.chat.id, "citizen", text, request.body.clientId === undefined ? {} : { clientId: request.body.clientId });
      } catch (error) {
        if (!isHotlineError(error)) throw error;
        const why = error.code === "HTL_WEBCHAT_ENDED" ? "chatLate" : "chatNotTaken";
        return conversation(request, webchat, (await webchat.get(found.chat.id)) ?? found.chat, { unsent: { text, why }, status: error.status });
      }
      return goTo(WRITE);
    },
  }),
  defineRoute({
    method: "POST",
    path: `${CHAT_PAGE}/end`,
    permission: "public",
    summary: "The citizen ends the conversation",
    body: z.object({}).default({}),
    form: true,
    handler: async (request) => {
      const webchat = request.services.optional(WEBCHAT);
      if (webchat === undefined) return closed(contextOf(request, CHAT_PAGE));
      const found = await mine(request, webchat);
      if (found !== undefined && found.chat.state !== "ended") await webchat.end(found.chat.id, "citizen");
      return goTo(CHAT_PAGE);
    },
  }),
  defineRoute({
    method: "POST",
    path: `${CHAT_PAGE}/new`,
    permission: "public",
    summary: "Leaves an ended conversation for a new one",
    body: z.object({}).default({}),
    form: true,
    handler: (request) => Promise.resolve(goTo(CHAT_PAGE, [chatCookie("", contextOf(request, CHAT_PAGE).secure)])),
  }),
];
