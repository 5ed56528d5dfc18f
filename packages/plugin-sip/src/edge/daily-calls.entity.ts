import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** Calls that one person sent out by a trunk on one day. */
export const DailyCallsEntity = defineEntity({
  name: "SipDailyCalls",
  tableName: "sip_daily_calls",
  properties: {
    /** `YYYY-MM-DD actor`. */
    id: p.text().primary(),
    calls: p.integer(),
  },
});

export type DailyCallsRow = InferEntity<typeof DailyCallsEntity>;
