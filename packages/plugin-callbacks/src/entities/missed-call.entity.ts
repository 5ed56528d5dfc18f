import { defineEntity, p } from "@mikro-orm/core";
import type { MissedReason } from "../contract.js";

/** A call that was missed, whether or not it can be called back. */
export const MissedCallEntity = defineEntity({
  name: "CallbacksMissedCall",
  tableName: "callbacks_missed_call",
  indexes: [{ properties: ["businessDate"] }],
  properties: {
    interactionId: p.text().primary(),
    /** `null`: withheld, an extension, or given up at once. */
    taskId: p.text().nullable(),
    reason: p.text().$type<MissedReason>(),
    queue: p.text().nullable(),
    at: p.bigint("number"),
    /** The number was withheld. */
    withheld: p.boolean(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
});
