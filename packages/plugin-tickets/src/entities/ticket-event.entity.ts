import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** One line of a ticket's history. */
export const TicketEventEntity = defineEntity({
  name: "TicketEvent",
  tableName: "tickets_event",
  indexes: [{ properties: ["ticketId", "at"] }],
  properties: {
    id: p.text().primary(),
    ticketId: p.text(),
    at: p.bigint("number"),
    action: p.text(),
    fromStatus: p.text().nullable(),
    toStatus: p.text(),
    actor: p.text(),
    note: p.text().nullable(),
    data: p.json<Readonly<Record<string, unknown>>>(),
    /** Version of the ticket that it made. */
    version: p.integer(),
  },
});

export type TicketEventRow = InferEntity<typeof TicketEventEntity>;
