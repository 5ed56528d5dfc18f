import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** What people were told, and what became of it. States: see NotificationState. */
export const NotificationEntity = defineEntity({
  name: "CoreNotification",
  tableName: "core_notification",
  properties: {
    id: uuid().primary(),
    channel: p.text(),
    recipient: p.text(),
    template: p.text(),
    title: p.text().nullable(),
    text: p.text(),
    html: p.text().nullable(),
    attachments: p.json<readonly { blobId: string; fileName: string; contentType: string }[]>(),
    headers: p.json<Record<string, string>>(),
    subjectType: p.text().nullable(),
    subjectId: p.text().nullable(),
    key: p.text().nullable(),
    state: p.text(),
    ref: p.text().nullable(),
    attempts: p.integer(),
    lastError: p.text().nullable(),
    forget: p.boolean().default(false),
    notBefore: instant().nullable(),
    createdAt: instant(),
    settledAt: instant().nullable(),
  },
  uniques: [{ name: "core_notification_key_unique", properties: ["key"] }],
  indexes: [
    { name: "core_notification_subject_index", properties: ["subjectType", "subjectId"] },
    { name: "core_notification_state_index", properties: ["state", "createdAt"] },
  ],
});

export type NotificationRow = InferEntity<typeof NotificationEntity>;
