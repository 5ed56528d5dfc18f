import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { KeptPlaceResult, KeptPlaceState } from "../contract.js";

/** The place of a citizen who has hung up and is called when it is their turn. */
export const KeptPlaceEntity = defineEntity({
  name: "AcdKeptPlace",
  tableName: "acd_kept_place",
  indexes: [{ name: "acd_kept_place_state_index", properties: ["state"] }],
  uniques: [{ name: "acd_kept_place_open_key_unique", properties: ["openKey"] }],
  properties: {
    id: p.text().primary(),
    queue: p.text(),
    /** As it is dialled. */
    number: p.text(),
    /** The number until it is closed: one place per number. */
    openKey: p.text().nullable(),
    /** The call in which it was asked for. */
    interactionId: p.text(),
    language: p.text(),
    /** As asked for; that of the queue comes on top. */
    priority: p.integer(),
    skills: p.json<Record<string, number>>(),
    placeAt: p.bigint("number"),
    /** Order among places of the same `placeAt`; 0: not given yet. */
    placeSeq: p.bigint("number").default(0),
    state: p.text().$type<KeptPlaceState>(),
    result: p.text().$type<KeptPlaceResult>().nullable(),
    attempts: p.integer(),
    /** Not dialled before then. */
    nextAt: p.bigint("number"),
    lastAttemptAt: p.bigint("number").nullable(),
    /** Interaction of the last attempt, committed before anybody is dialled. */
    callId: p.text().nullable(),
    createdAt: p.bigint("number"),
    closedAt: p.bigint("number").nullable(),
    closedBy: p.text().nullable(),
  },
});

export type KeptPlaceRow = InferEntity<typeof KeptPlaceEntity>;
