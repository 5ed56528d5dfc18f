import "./tickets.css";
import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { PersonTickets } from "./person-tickets.js";
import { TicketForm } from "./ticket-form.js";

export const ui = defineConsoleUi(() => ({
  pages: {
    // What carries the large table is fetched when the list is opened.
    "/tickets": lazy(() => import("./list-page.js").then(({ TicketListPage }) => ({ default: TicketListPage }))),
    "/tickets/:id": lazy(() => import("./detail-page.js").then(({ TicketDetailPage }) => ({ default: TicketDetailPage }))),
  },
  panels: { "agent.work": { form: TicketForm }, "agent.context": { tickets: PersonTickets } },
}));
