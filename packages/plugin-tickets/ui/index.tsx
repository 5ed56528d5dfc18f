import "./tickets.css";
import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { MessageCount } from "./message-count.js";
import { PersonTickets } from "./person-tickets.js";
import { TicketForm } from "./ticket-form.js";

export const ui = defineConsoleUi(() => ({
  pages: {
    // What carries the large table is fetched when the list is opened.
    "/tickets": lazy(() => import("./list-page.js").then(({ TicketListPage }) => ({ default: TicketListPage }))),
    "/messages": lazy(() => import("./messages-page.js").then(({ MessagesPage }) => ({ default: MessagesPage }))),
    "/tickets/:id": lazy(() => import("./detail-page.js").then(({ TicketDetailPage }) => ({ default: TicketDetailPage }))),
  },
  menus: { "/messages": MessageCount },
  panels: { "agent.work": { form: TicketForm }, "agent.context": { tickets: PersonTickets } },
}));
