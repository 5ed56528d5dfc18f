import { CALENDARS, CLOCK, defineEvent, definePlugin, IDS, INTERACTIONS, READ_POOL, SECRETS, UNIT_OF_WORK, WS_ROUTES } from "@hotlinejs/core";
import { webchatConfig } from "./config.js";
import { WEBCHAT } from "./contract.js";
import { ChatEntity } from "./entities/chat.entity.js";
import { MessageEntity } from "./entities/message.entity.js";
import { chatRoutes, SERVE } from "./http/chat-routes.js";
import { serveChatSocket } from "./http/chat-socket.js";
import { WebchatHandover } from "./migrations/handover.js";
import { WebchatInit } from "./migrations/init.js";
import { ChatStore } from "./services/chat-store.js";
import { DefaultWebchat } from "./services/default-webchat.js";

/** Text chats with citizens, through the queue that serves calls. */
export const webchat = definePlugin({
  name: "webchat",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  // Without acd nobody is asked: what citizens write becomes tickets.
  after: ["acd", "http", "tickets"],
  critical: false,
  config: webchatConfig,
  entities: [ChatEntity, MessageEntity],
  migrations: [WebchatInit, WebchatHandover],
  provides: [WEBCHAT],
  permissions: [{ name: SERVE, roles: ["agent", "team_leader", "shift_supervisor"], description: "Serve text chats" }],
  events: [defineEvent("webchat.opened"), defineEvent("webchat.transfer-begun"), defineEvent("webchat.transferred", { durable: true }), defineEvent("webchat.transfer-failed"), defineEvent("webchat.ended", { durable: true })],
  routes: chatRoutes,
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [{ path: "/chats", title: "在线会话", titleEn: "Chats", permission: SERVE, menu: { icon: "message", order: 15 }, keepMounted: true }],
  },
  register({ config, events, health, log, onDrain, onReady, onStart, services }) {
    let made: DefaultWebchat | undefined;
    const webchat = (): DefaultWebchat =>
      (made ??= new DefaultWebchat({
        config,
        log,
        clock: services.get(CLOCK),
        secrets: services.get(SECRETS),
        interactions: services.get(INTERACTIONS),
        store: new ChatStore({ clock: services.get(CLOCK), ids: services.get(IDS), unitOfWork: services.get(UNIT_OF_WORK), readPool: services.get(READ_POOL), calendar: () => services.get(CALENDARS).get("default") }),
        services,
        timezone: () => services.get(CALENDARS).get("default").timezone,
        publish: (name, payload) => events.publish(name, payload),
      }));
    services.provide(WEBCHAT, () => webchat());
    onReady(() => webchat().recover());
    onStart(() => {
      const routes = services.optional(WS_ROUTES);
      if (routes !== undefined) serveChatSocket(routes, webchat, log);
    });
    onDrain(() => webchat().interrupt());
    health(() => ({ ok: true, details: { chats: made?.live ?? 0 } }));
  },
});
