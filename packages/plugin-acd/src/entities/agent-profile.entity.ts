import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A named set of queues, skills, capacity and telephone, assigned to agents. */
export const AgentProfileEntity = defineEntity({
  name: "AcdAgentProfile",
  tableName: "acd_agent_profile",
  properties: {
    key: p.text().primary(),
    name: p.text(),
    /** What differs from the defaults (profileSettings). */
    settings: p.json<Record<string, unknown>>(),
    updatedAt: p.bigint("number"),
    version: p.integer().version(),
  },
});

export type AgentProfileRow = InferEntity<typeof AgentProfileEntity>;
