import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A trunk that a person has disabled; there is no row for the others. */
export const TrunkSwitchEntity = defineEntity({
  name: "SipTrunkSwitch",
  tableName: "sip_trunk_switch",
  properties: {
    trunk: p.text().primary(),
    /** User id. */
    actor: p.text(),
    reason: p.text(),
    /** Epoch ms. */
    since: p.bigint("number"),
  },
});

export type TrunkSwitchRow = InferEntity<typeof TrunkSwitchEntity>;
