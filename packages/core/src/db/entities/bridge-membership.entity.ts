import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** The time one leg spent in one bridge. */
export const BridgeMembershipEntity = defineEntity({
  name: "CoreBridgeMembership",
  tableName: "core_bridge_membership",
  properties: {
    id: uuid().primary(),
    interactionId: uuid(),
    bridgeId: uuid(),
    legId: uuid(),
    /** `talk`, `listen` or `whisper`. */
    role: p.text(),
    joinedAt: instant(),
    leftAt: instant().nullable(),
  },
  indexes: [
    { name: "core_bridge_membership_interaction_id_index", properties: ["interactionId"] },
    { name: "core_bridge_membership_left_at_index", properties: ["leftAt"] },
  ],
});

export type BridgeMembershipRow = InferEntity<typeof BridgeMembershipEntity>;
