import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** One line of an interaction's timeline. */
export const InteractionEventEntity = defineEntity({
  name: "CoreInteractionEvent",
  tableName: "core_interaction_event",
  properties: {
    id: uuid().primary(),
    interactionId: uuid(),
    at: instant(),
    type: p.text(),
    data: p.json<Record<string, unknown>>().nullable(),
  },
  indexes: [{ name: "core_interaction_event_interaction_id_index", properties: ["interactionId", "at"] }],
});

export type InteractionEventRow = InferEntity<typeof InteractionEventEntity>;
