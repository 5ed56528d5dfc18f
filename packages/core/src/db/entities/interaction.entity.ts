import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** One contact from first ring to wrap-up, whatever the channel. */
export const InteractionEntity = defineEntity({
  name: "CoreInteraction",
  tableName: "core_interaction",
  properties: {
    id: uuid().primary(),
    /** `voice`, `email`, `sms`, `fax`, `web` ... */
    channel: p.text(),
    /** Seen from the hotline: `inbound` or `outbound`. */
    direction: p.text(),
    callerNumber: p.text(),
    calledNumber: p.text(),
    contactId: p.text().nullable(),
    queue: p.text().nullable(),
    agentId: p.text().nullable(),
    language: p.text().nullable(),
    startedAt: instant(),
    answeredAt: instant().nullable(),
    endedAt: instant().nullable(),
    endReason: p.text().nullable(),
    wrapUpCode: p.text().nullable(),
    /** Versioned facts and the agent's screen state. */
    data: p.json<Record<string, unknown>>(),
    /** `YYYY-MM-DD` of the start in the hotline's time zone. */
    businessDate: p.text(),
    /** Hour 0-23 of the start in the hotline's time zone. */
    businessHour: p.integer(),
    /** Where it came in: `trunk`, `account`, `line`. */
    viaKind: p.text().nullable(),
    viaKey: p.text().nullable(),
    nodeId: p.text(),
    version: p.integer().version(),
  },
  indexes: [
    { name: "core_interaction_started_at_index", properties: ["startedAt", "id"] },
    { name: "core_interaction_caller_number_index", properties: ["callerNumber", "startedAt"] },
    { name: "core_interaction_called_number_index", properties: ["calledNumber", "startedAt"] },
    { name: "core_interaction_contact_id_index", properties: ["contactId", "startedAt"] },
    { name: "core_interaction_agent_id_index", properties: ["agentId", "startedAt"] },
    { name: "core_interaction_ended_at_index", properties: ["endedAt"] },
    { name: "core_interaction_business_date_index", properties: ["businessDate"] },
  ],
});

export type InteractionRow = InferEntity<typeof InteractionEntity>;
