import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** Who has read what: a message to a department is unread for each of its people. */
export const InboxReadEntity = defineEntity({
  name: "ConsoleInboxRead",
  tableName: "console_inbox_read",
  properties: {
    userId: p.text().primary(),
    messageId: p.text().primary(),
    at: p.bigint("number").index(),
  },
});

export type InboxReadRow = InferEntity<typeof InboxReadEntity>;
