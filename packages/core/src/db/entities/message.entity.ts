import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** Messages that were taken: the same one again gets the same answer. */
export const MessageEntity = defineEntity({
  name: "CoreMessage",
  tableName: "core_message",
  properties: {
    id: uuid().primary(),
    channel: p.text(),
    externalId: p.text(),
    /** What it became, for example `ticket:<id>`. */
    ref: p.text(),
    interactionId: p.text().nullable(),
    receivedAt: instant(),
    acceptedAt: instant(),
  },
  uniques: [{ name: "core_message_source_unique", properties: ["channel", "externalId"] }],
  indexes: [{ name: "core_message_ref_index", properties: ["ref"] }],
});

export type MessageRow = InferEntity<typeof MessageEntity>;
