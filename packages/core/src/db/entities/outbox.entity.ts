import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** A durable event, in the order of commit. Positions are never used twice. */
export const OutboxEntity = defineEntity({
  name: "CoreOutbox",
  tableName: "core_outbox",
  properties: {
    // SQLite knows AUTOINCREMENT only on `integer`, which the schema comparison takes for a difference.
    position: p.bigint("number").primary().autoincrement().ignoreSchemaChanges("type"),
    id: uuid().unique("core_outbox_id_unique"),
    aggregate: p.text().nullable(),
    /** 1, 2, 3 ... within the aggregate's events that are still kept. */
    seq: p.integer().nullable(),
    name: p.text(),
    v: p.integer(),
    payload: p.text(),
    at: instant(),
  },
  indexes: [
    { name: "core_outbox_aggregate_index", properties: ["aggregate", "seq"] },
    { name: "core_outbox_at_index", properties: ["at"] },
  ],
});

/** How far a named consumer has come. */
export const ConsumerEntity = defineEntity({
  name: "CoreConsumer",
  tableName: "core_consumer",
  properties: {
    /** `<plugin>/<consumer>`. */
    name: p.text().primary(),
    position: p.bigint("number"),
    updatedAt: instant(),
  },
});

/** An event a consumer failed on, or one held behind such an event of the same aggregate. */
export const HeldEventEntity = defineEntity({
  name: "CoreHeldEvent",
  tableName: "core_held_event",
  properties: {
    consumer: p.text().primary(),
    position: p.bigint("number").primary().autoincrement(false),
    aggregate: p.text().nullable(),
    /** 0: only held, not yet tried. */
    attempts: p.integer(),
    retryAt: instant(),
    lastError: p.text().nullable(),
  },
});

export type OutboxRow = InferEntity<typeof OutboxEntity>;
