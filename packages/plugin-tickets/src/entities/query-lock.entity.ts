import { defineEntity, p } from "@mikro-orm/core";

/** Failed tries with a query code, per asker and per serial. */
export const QueryLockEntity = defineEntity({
  name: "TicketQueryLock",
  tableName: "tickets_query_lock",
  indexes: [{ properties: ["lastAt"] }],
  properties: {
    /** Blind index of asker or serial with the channel. */
    key: p.text().primary(),
    failures: p.integer(),
    lastAt: p.bigint("number"),
    lockedUntil: p.bigint("number"),
  },
});
