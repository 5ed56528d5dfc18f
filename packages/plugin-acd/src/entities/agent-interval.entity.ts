import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

const span = () => p.bigint("number").default(0);

/** A quarter of an hour of one agent: how long in which state. Booked at every change and once a minute; what lasts at the end of the process is booked by the next one. */
export const AgentIntervalEntity = defineEntity({
  name: "AcdAgentInterval",
  tableName: "acd_agent_interval",
  properties: {
    /** Agent and start, joined by `|`. */
    id: p.text().primary(),
    agent: p.text(),
    startsAt: p.bigint("number"),
    availableMs: span(),
    onDemandMs: span(),
    reservedMs: span(),
    busyMs: span(),
    occupiedMs: span(),
    wrapUpMs: span(),
    heldMs: span(),
    notReadyMs: span(),
    unreachableMs: span(),
    /** Talks from queues that ended in it. */
    handled: span(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
  indexes: [
    { name: "acd_agent_interval_agent_index", properties: ["agent", "startsAt"] },
    { name: "acd_agent_interval_business_date_index", properties: ["businessDate"] },
  ],
});

export type AgentIntervalRow = InferEntity<typeof AgentIntervalEntity>;
