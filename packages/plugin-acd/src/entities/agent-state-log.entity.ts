import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** Every change of what an agent does; the span before it is in `previousMs`. */
export const AgentStateLogEntity = defineEntity({
  name: "AcdAgentStateLog",
  tableName: "acd_agent_state_log",
  properties: {
    id: p.text().primary(),
    agent: p.text(),
    at: p.bigint("number"),
    previous: p.text(),
    previousMs: p.bigint("number"),
    state: p.text(),
    reason: p.text().nullable(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
  indexes: [
    { name: "acd_agent_state_log_agent_index", properties: ["agent", "at"] },
    { name: "acd_agent_state_log_business_date_index", properties: ["businessDate"] },
  ],
});

export type AgentStateLogRow = InferEntity<typeof AgentStateLogEntity>;
