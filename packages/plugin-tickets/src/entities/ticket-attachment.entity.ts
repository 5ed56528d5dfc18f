import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** Something that belongs to a ticket: a recording by its id, a file by that of its blob. */
export const TicketAttachmentEntity = defineEntity({
  name: "TicketAttachment",
  tableName: "tickets_attachment",
  indexes: [{ properties: ["reference"] }],
  properties: {
    ticketId: p.text().primary(),
    reference: p.text().primary(),
    kind: p.text().$type<"recording" | "file">(),
    position: p.integer(),
    attachedAt: p.bigint("number"),
    /** Of files, as the sender gave them. */
    fileName: p.text().nullable(),
    contentType: p.text().nullable(),
    size: p.integer().nullable(),
  },
});

export type TicketAttachmentRow = InferEntity<typeof TicketAttachmentEntity>;
