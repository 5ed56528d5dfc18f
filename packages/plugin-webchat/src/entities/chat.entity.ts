import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

import type { GivenChatScreen } from "../contract.js";

const instant = () => p.bigint("number");

/** States: see ChatState. */
export const ChatEntity = defineEntity({
  name: "WebchatChat",
  tableName: "webchat_chat",
  properties: {
    id: p.text().primary(),
    /** Blind index of the citizen's token. */
    tokenIndex: p.text(),
    state: p.text(),
    queue: p.text(),
    interactionId: p.text().nullable(),
    name: p.text().nullable(),
    topic: p.text().nullable(),
    language: p.text(),
    agent: p.text().nullable(),
    /** What came with it from another agent; gone when the chat is over. */
    screen: p.json<GivenChatScreen>().nullable(),
    ticketId: p.text().nullable(),
    ticketSerial: p.text().nullable(),
    startedAt: instant(),
    answeredAt: instant().nullable(),
    endedAt: instant().nullable(),
    lastSeq: p.integer(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
  uniques: [{ name: "webchat_chat_token_index_unique", properties: ["tokenIndex"] }],
  indexes: [
    { name: "webchat_chat_state_index", properties: ["state"] },
    { name: "webchat_chat_agent_index", properties: ["agent", "state"] },
  ],
});

export type ChatRow = InferEntity<typeof ChatEntity>;
