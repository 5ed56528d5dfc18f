import { defineEntity, p } from "@mikro-orm/core";

/** What a ticket will be made of if the process dies while the citizen speaks. */
export const TicketDraftEntity = defineEntity({
  name: "TicketDraft",
  tableName: "tickets_draft",
  properties: {
    key: p.text().primary(),
    /** The NewTicket as JSON, encrypted: it holds the caller's number. */
    inputSealed: p.text(),
    deadline: p.bigint("number"),
  },
});
