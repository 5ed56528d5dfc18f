import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** One rule as it was given while the hotline ran. */
export interface StoredRule {
  readonly value: unknown;
  /** User id. */
  readonly by: string;
  /** Epoch ms. */
  readonly at: number;
}

/** What was changed of a queue's rules while the hotline ran, over its settings. A row as soon as there was a change; empty where all of it was taken back. */
export const QueueRulesEntity = defineEntity({
  name: "AcdQueueRules",
  tableName: "acd_queue_rules",
  properties: {
    queue: p.text().primary(),
    /** By name of the setting. */
    changes: p.json<Record<string, StoredRule>>(),
    /** Of the changes, from 1 on. */
    edition: p.integer(),
    updatedAt: p.bigint("number"),
  },
});

export type QueueRulesRow = InferEntity<typeof QueueRulesEntity>;
