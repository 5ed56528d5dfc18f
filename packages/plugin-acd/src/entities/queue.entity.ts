import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

export const QueueEntity = defineEntity({
  name: "AcdQueue",
  tableName: "acd_queue",
  properties: {
    key: p.text().primary(),
    name: p.text(),
    /** What differs from the defaults (queueSettings). */
    settings: p.json<Record<string, unknown>>(),
    updatedAt: p.bigint("number"),
    version: p.integer().version(),
  },
});

export type QueueRow = InferEntity<typeof QueueEntity>;
