import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A message that came in for a ticket; what it said is in the ticket or its history. The sender is not kept here. */
export const TicketMessageEntity = defineEntity({
  name: "TicketMessage",
  tableName: "tickets_message",
  uniques: [{ properties: ["channel", "externalId"] }],
  indexes: [{ properties: ["ticketId", "at"] }, { properties: ["channel", "messageId"] }],
  properties: {
    id: p.text().primary(),
    ticketId: p.text(),
    channel: p.text(),
    externalId: p.text(),
    /** Message-ID of a mail (RFC 5322 section 3.6.4), of other channels the external id. */
    messageId: p.text(),
    /** Its References, oldest first. */
    threadIds: p.json<readonly string[]>(),
    subject: p.text().nullable(),
    at: p.bigint("number"),
  },
});

export type TicketMessageRow = InferEntity<typeof TicketMessageEntity>;
