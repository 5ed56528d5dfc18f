import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A time in which a ticket's clock stood. */
export const TicketPauseEntity = defineEntity({
  name: "TicketPause",
  tableName: "tickets_pause",
  indexes: [{ properties: ["ticketId", "fromAt"] }],
  properties: {
    id: p.text().primary(),
    ticketId: p.text(),
    cycle: p.integer(),
    fromAt: p.bigint("number"),
    /** Null: not over yet. */
    toAt: p.bigint("number").nullable(),
  },
});

export type TicketPauseRow = InferEntity<typeof TicketPauseEntity>;
