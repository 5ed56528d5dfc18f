import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

const count = () => p.bigint("number").default(0);

/**
 * A quarter of an hour of one queue: what became of those who came in it. Written in the transaction that writes the
 * entry itself, so that both always add up: `offered` is the sum of `answered`, `abandoned`, `timeouts`, `refused`,
 * `diverted`, `exits`, `moved` and `cut`, and of those who still wait.
 */
export const QueueIntervalEntity = defineEntity({
  name: "AcdQueueInterval",
  tableName: "acd_queue_interval",
  properties: {
    /** Queue, channel and start, joined by `|`. */
    id: p.text().primary(),
    queue: p.text(),
    channel: p.text(),
    startsAt: p.bigint("number"),
    offered: count(),
    answered: count(),
    answeredInTime: count(),
    /** All who hung up while waiting, the short ones too. */
    abandoned: count(),
    abandonedInTime: count(),
    abandonedShort: count(),
    timeouts: count(),
    /** Full, closed, or nobody there. */
    refused: count(),
    diverted: count(),
    exits: count(),
    moved: count(),
    /** The hotline ended it, or its process. */
    cut: count(),
    /** Of the answered. */
    waitMs: count(),
    /** Of all. */
    longestWaitMs: count(),
    abandonedWaitMs: count(),
    /** Talks that are over. */
    handled: count(),
    talkMs: count(),
    wrapUpMs: count(),
    /** Answered callers who had been told a wait, and how far it was off. */
    expected: count(),
    expectedErrorMs: count(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
  indexes: [
    { name: "acd_queue_interval_queue_index", properties: ["queue", "startsAt"] },
    { name: "acd_queue_interval_business_date_index", properties: ["businessDate"] },
  ],
});

export type QueueIntervalRow = InferEntity<typeof QueueIntervalEntity>;
