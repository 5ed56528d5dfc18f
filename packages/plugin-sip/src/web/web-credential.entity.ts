import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** SIP credentials of one browser, good for a while. */
export const WebCredentialEntity = defineEntity({
  name: "SipWebCredential",
  tableName: "sip_web_credential",
  properties: {
    /** User name of the digest: the account, `~`, and a part of its own. */
    id: p.text().primary(),
    account: p.text(),
    /** Whose session asked for it; null for a guest. */
    userId: p.text().nullable(),
    /** JSON array of what a guest may dial; null for a phone of an agent. */
    numbers: p.text().nullable(),
    /** Sealed HA1 values. The password is kept nowhere. */
    digestSealed: p.text(),
    createdAt: p.bigint("number"),
    expiresAt: p.bigint("number"),
  },
  indexes: [{ name: "sip_web_credential_expires_at_index", properties: ["expiresAt"] }],
});

export type WebCredentialRow = InferEntity<typeof WebCredentialEntity>;
