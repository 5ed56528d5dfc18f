import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A binding as stored, so that phones can be rung at once after a restart. */
export const RegistrationEntity = defineEntity({
  name: "SipRegistration",
  tableName: "sip_registration",
  properties: {
    id: p.text().primary(),
    account: p.text(),
    contact: p.text(),
    callId: p.text(),
    cseq: p.bigint("number"),
    /** Preference in thousandths. */
    q: p.integer(),
    expiresAt: p.bigint("number"),
    /** JSON of the destination, without its connection, which does not outlive the process. */
    destination: p.text(),
    /** JSON array of the route set. */
    path: p.text(),
    userAgent: p.text().nullable(),
    instance: p.text().nullable(),
    updatedAt: p.bigint("number"),
  },
  indexes: [{ name: "sip_registration_account_index", properties: ["account"] }],
});

export type RegistrationRow = InferEntity<typeof RegistrationEntity>;
