import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

export const MessageEntity = defineEntity({
  name: "WebchatMessage",
  tableName: "webchat_message",
  properties: {
    id: p.text().primary(),
    chatId: p.text(),
    seq: p.integer(),
    sender: p.text(),
    text: p.text(),
    clientId: p.text().nullable(),
    at: p.bigint("number"),
  },
  uniques: [
    { name: "webchat_message_chat_id_seq_unique", properties: ["chatId", "seq"] },
    { name: "webchat_message_chat_id_client_id_unique", properties: ["chatId", "clientId"] },
  ],
});

export type MessageRow = InferEntity<typeof MessageEntity>;
