import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { AgentChoice } from "../contract.js";

/** A person who takes calls. */
export const AgentEntity = defineEntity({
  name: "AcdAgent",
  tableName: "acd_agent",
  properties: {
    /** 工号. */
    number: p.text().primary(),
    name: p.text(),
    address: p.text(),
    /** Queues, skills and what differs from the defaults (agentSettings). */
    settings: p.json<Record<string, unknown>>(),
    /** What the agent chose last; survives a restart. */
    choice: p.text().$type<AgentChoice>(),
    reason: p.text().nullable(),
    choiceAt: p.bigint("number"),
    choiceBy: p.text(),
    /** `null`: signed out. */
    signedInAt: p.bigint("number").nullable(),
    version: p.integer().version(),
  },
});

export type AgentRow = InferEntity<typeof AgentEntity>;
