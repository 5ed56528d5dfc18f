import { defineEntity, p } from "@mikro-orm/core";

/** Failed tries, per asker and per person asked about. */
export const LookupLockEntity = defineEntity({
  name: "BusinessLookupLock",
  tableName: "business_lookup_lock",
  indexes: [{ properties: ["lastAt"] }],
  properties: {
    /** Blind index of the asker with the channel, or of the person with the system. */
    key: p.text().primary(),
    failures: p.integer(),
    lastAt: p.bigint("number"),
    lockedUntil: p.bigint("number"),
  },
});
