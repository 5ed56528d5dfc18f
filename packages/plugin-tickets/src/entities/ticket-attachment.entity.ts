import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** Something that belongs to a ticket: a recording by its id, later files by theirs. */
export const TicketAttachmentEntity = defineEntity({
  name: "TicketAttachment",
  tableName: "tickets_attachment",
  indexes: [{ properties: ["reference"] }],
  properties: {
    ticketId: p.text().primary(),
    reference: p.text().primary(),
    kind: p.text().$type<"recording">(),
    position: p.integer(),
    attachedAt: p.bigint("number"),
  },
});

export type TicketAttachmentRow = InferEntity<typeof TicketAttachmentEntity>;
