import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A fact that no row of its own tells has been booked: it counts once, also when it is written again. */
export const FactMarkEntity = defineEntity({
  name: "AcdFactMark",
  tableName: "acd_fact_mark",
  properties: {
    id: p.text().primary(),
    at: p.bigint("number"),
  },
  indexes: [{ name: "acd_fact_mark_at_index", properties: ["at"] }],
});

export type FactMarkRow = InferEntity<typeof FactMarkEntity>;
