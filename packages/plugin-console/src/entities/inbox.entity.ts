import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** What was told on the screen, kept until it is read and a while longer. Times are epoch ms. */
export const InboxEntity = defineEntity({
  name: "ConsoleInbox",
  tableName: "console_inbox",
  indexes: [{ properties: ["audience", "at", "id"] }, { properties: ["at"] }],
  properties: {
    /** Id of the notification: delivered twice is one message. */
    id: p.text().primary(),
    at: p.bigint("number"),
    /** `user:<id>`, `agent:<工号>`, `department:<code>`, `permission:<name>`. */
    audience: p.text(),
    template: p.text(),
    title: p.text().nullable(),
    text: p.text(),
    subjectType: p.text().nullable(),
    subjectId: p.text().nullable(),
  },
});

export type InboxRow = InferEntity<typeof InboxEntity>;
