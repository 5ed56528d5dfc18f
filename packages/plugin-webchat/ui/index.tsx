import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { ChatCount } from "./chat-count.js";
import "./index.css";

export const ui = defineConsoleUi(() => ({
  pages: { "/chats": lazy(() => import("./chats-page.js").then(({ ChatsPage }) => ({ default: ChatsPage }))) },
  menus: { "/chats": ChatCount },
}));
