import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A number nobody calls any more unless the citizen asks for it. */
export const DoNotCallEntity = defineEntity({
  name: "CallbacksDoNotCall",
  tableName: "callbacks_do_not_call",
  indexes: [{ properties: ["createdAt", "number"] }],
  properties: {
    number: p.text().primary(),
    source: p.text().$type<"person" | "staff">(),
    note: p.text().nullable(),
    createdBy: p.text(),
    createdAt: p.bigint("number"),
  },
});

export type DoNotCallRow = InferEntity<typeof DoNotCallEntity>;
