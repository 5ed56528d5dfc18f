import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** One party's connection within an interaction. */
export const LegEntity = defineEntity({
  name: "CoreLeg",
  tableName: "core_leg",
  properties: {
    id: uuid().primary(),
    interactionId: uuid(),
    adapter: p.text(),
    direction: p.text(),
    /** `citizen`, `agent`, `supervisor`, `external` ... */
    role: p.text(),
    fromNumber: p.text(),
    toNumber: p.text(),
    startedAt: instant(),
    ringingAt: instant().nullable(),
    answeredAt: instant().nullable(),
    endedAt: instant().nullable(),
    endReason: p.text().nullable(),
    /** SIP status or Q.850 cause with which it ended. */
    status: p.integer().nullable(),
    /** What the adapter needs to end the call after a crash (tags, routes, CSeq: RFC 3261 section 12). */
    dialog: p.json<Record<string, unknown>>().nullable(),
    nodeId: p.text(),
    /** Estimated quality of the sound (LegQuality), known when the leg has ended: that of the worse direction, then each. */
    mos: p.double().nullable(),
    roundTripMs: p.double().nullable(),
    receivedMos: p.double().nullable(),
    receivedLossPercent: p.double().nullable(),
    receivedJitterMs: p.double().nullable(),
    sentMos: p.double().nullable(),
    sentLossPercent: p.double().nullable(),
    sentJitterMs: p.double().nullable(),
    /** What the party itself tells of what it hears (ReportedQuality), where it does. */
    reportedMos: p.double().nullable(),
    reportedRating: p.double().nullable(),
    reportedLossPercent: p.double().nullable(),
    reportedDiscardPercent: p.double().nullable(),
    reportedBurstDensityPercent: p.double().nullable(),
    reportedBurstMs: p.double().nullable(),
  },
  indexes: [
    { name: "core_leg_interaction_id_index", properties: ["interactionId"] },
    { name: "core_leg_ended_at_index", properties: ["endedAt"] },
  ],
});

export type LegRow = InferEntity<typeof LegEntity>;
