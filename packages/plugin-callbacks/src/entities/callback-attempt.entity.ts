import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { AttemptResult } from "../contract.js";

/** One attempt, committed before anybody is rung. */
export const CallbackAttemptEntity = defineEntity({
  name: "CallbackAttempt",
  tableName: "callbacks_attempt",
  indexes: [{ properties: ["taskId", "startedAt"] }, { properties: ["result"] }],
  properties: {
    id: p.text().primary(),
    taskId: p.text(),
    interactionId: p.text(),
    agent: p.text(),
    actor: p.text(),
    startedAt: p.bigint("number"),
    /** Committed before the citizen is dialled. */
    dialledAt: p.bigint("number").nullable(),
    answeredAt: p.bigint("number").nullable(),
    endedAt: p.bigint("number").nullable(),
    result: p.text().$type<AttemptResult>().nullable(),
  },
});

export type CallbackAttemptRow = InferEntity<typeof CallbackAttemptEntity>;
