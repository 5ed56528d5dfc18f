import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A source that is not listened to, until its time is over. */
export const BanEntity = defineEntity({
  name: "SipBan",
  tableName: "sip_ban",
  properties: {
    address: p.text().primary(),
    reason: p.text(),
    /** User id, or `plugin:sip`. */
    actor: p.text(),
    since: p.bigint("number"),
    until: p.bigint("number"),
  },
});

export type BanRow = InferEntity<typeof BanEntity>;
