import { errorText, type Logger, type WsRoutes } from "@hotlinejs/core";
import type { Webchat } from "../contract.js";
import { chatToken } from "./chat-routes.js";

/** What the citizen's page is told as it happens. It says things by HTTP, so that each has an answer. */
export function serveChatSocket(routes: WsRoutes, webchat: () => Webchat, log: Logger): void {
  routes.handle("/api/webchat/socket", { permission: "public" }, (socket, request) => {
    const header = (name: string): string | undefined => (typeof request.headers[name] === "string" ? request.headers[name] : undefined);
    const given = new URL(request.url ?? "/", "http://localhost").searchParams;
    const token = given.get("token") ?? chatToken({ cookie: header("cookie"), "x-chat-token": header("x-chat-token") });
    const after = Number(given.get("after") ?? "0") || 0;
    let stop: (() => void) | undefined;
    let gone = false;
    socket.once("close", () => {
      gone = true;
      stop?.();
    });
    socket.resume();
    void begin().catch((error: unknown) => {
      log.warn({ error: errorText(error) }, "the socket of a chat could not be served");
      socket.destroy();
    });

    async function begin(): Promise<void> {
      const chat = token === undefined ? undefined : await webchat().byToken(token);
      if (chat === undefined) {
        socket.send(JSON.stringify({ error: "HTL_WEBCHAT_NO_CHAT" }));
        socket.end();
        return;
      }
      if (gone) return;
      // Listening first: what is said while the messages are read comes twice rather than not at all; readers go by `seq`.
      stop = webchat().watch(chat.id, (change) => socket.send(JSON.stringify(change)));
      socket.send(JSON.stringify({ chat: (await webchat().get(chat.id)) ?? chat, messages: await webchat().messages(chat.id, { after }) }));
    }
  });
}
