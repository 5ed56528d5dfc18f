import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** How far a mailbox has been read (RFC 3501 section 2.3.1.1). */
export const MailboxEntity = defineEntity({
  name: "EmailMailbox",
  tableName: "email_mailbox",
  properties: {
    /** `user@host/INBOX` */
    key: p.text().primary(),
    uidValidity: p.text(),
    lastUid: p.bigint("number"),
    updatedAt: p.bigint("number"),
  },
});

export type MailboxRow = InferEntity<typeof MailboxEntity>;
