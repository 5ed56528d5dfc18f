import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { QueuedMessageState } from "../contract.js";

/** A written message for which the queues find an agent, from its arrival until it is dealt with. */
export const QueuedMessageEntity = defineEntity({
  name: "TicketQueuedMessage",
  tableName: "tickets_queued_message",
  uniques: [{ properties: ["channel", "externalId"] }],
  indexes: [{ properties: ["state", "queuedAt"] }, { properties: ["ticketId"] }],
  properties: {
    id: p.text().primary(),
    ticketId: p.text(),
    channel: p.text(),
    externalId: p.text(),
    queue: p.text(),
    state: p.text().$type<QueuedMessageState>(),
    /** 工号 of who has it, or had it last. */
    agent: p.text().nullable(),
    /** 工号 of who knows the matter, and is asked first. */
    preferredAgent: p.text().nullable(),
    /** 工号 of who gave it on, and is not asked for it again while it waits. */
    givenBy: p.text().nullable(),
    /** Of the present stay in the queue. */
    interactionId: p.text().nullable(),
    /** The call that carried it (a fax). */
    carriedBy: p.text().nullable(),
    /** The place in the line: stays, whatever happens. */
    queuedAt: p.bigint("number"),
    acceptedAt: p.bigint("number").nullable(),
    doneAt: p.bigint("number").nullable(),
  },
});

export type QueuedMessageRow = InferEntity<typeof QueuedMessageEntity>;
