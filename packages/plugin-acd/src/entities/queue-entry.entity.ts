import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** One stay of one caller in a queue: the fact that reports count. */
export const QueueEntryEntity = defineEntity({
  name: "AcdQueueEntry",
  tableName: "acd_queue_entry",
  properties: {
    id: p.text().primary(),
    interactionId: p.text(),
    queue: p.text(),
    /** `voice`, `chat` ... as of interactions: figures of the telephone count calls only. */
    channel: p.text().default("voice"),
    priority: p.integer(),
    /** What a change made of it while they waited; who regains the place brings it along. */
    raisedBy: p.integer().default(0),
    enteredAt: p.bigint("number"),
    /** Earlier than `enteredAt` when the caller regained a place. */
    placeAt: p.bigint("number"),
    /** Order among places of the same `placeAt`. */
    placeSeq: p.bigint("number").default(0),
    /** Blind index of the caller's number, to give the place back after a crash. */
    callerKey: p.text().nullable(),
    offers: p.integer(),
    firstOfferedAt: p.bigint("number").nullable(),
    answeredAt: p.bigint("number").nullable(),
    leftAt: p.bigint("number").nullable(),
    endedAt: p.bigint("number").nullable(),
    /** 工号 of who answered. */
    agent: p.text().nullable(),
    /** See QueueOutcome; `moved`: into another queue, with an entry of its own; `cut`: the hotline ended the call; `process_restart`: found open after a crash. Empty while the caller waits. */
    outcome: p.text().nullable(),
    waitMs: p.bigint("number").nullable(),
    talkMs: p.bigint("number").nullable(),
    /** The talk was cut off then, by a broken line or the end of the process: the place is kept for who rings back. */
    cutAt: p.bigint("number").nullable(),
    /** Answered within the queue's threshold. */
    inTime: p.boolean().nullable(),
    /** Told on entering. */
    expectedWaitMs: p.bigint("number").nullable(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
  indexes: [
    { name: "acd_queue_entry_entered_at_index", properties: ["enteredAt", "id"] },
    { name: "acd_queue_entry_interaction_id_index", properties: ["interactionId"] },
    { name: "acd_queue_entry_business_date_index", properties: ["businessDate", "queue"] },
    { name: "acd_queue_entry_caller_key_index", properties: ["callerKey", "enteredAt"] },
    { name: "acd_queue_entry_cut_at_index", properties: ["cutAt"] },
    { name: "acd_queue_entry_agent_index", properties: ["agent", "enteredAt"] },
  ],
});

export type QueueEntryRow = InferEntity<typeof QueueEntryEntity>;
