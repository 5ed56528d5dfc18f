import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { PauseEnd, PauseReason } from "../contract.js";

/** A stretch of a call that an agent kept out of its recordings. Times are epoch ms. */
export const RecordingPauseEntity = defineEntity({
  name: "RecordingPause",
  tableName: "recording_pause",
  indexes: [{ properties: ["interactionId"] }],
  properties: {
    id: p.text().primary(),
    interactionId: p.text(),
    /** 工号. */
    agent: p.text(),
    /** User id of who began it. */
    actor: p.text(),
    reason: p.text().$type<PauseReason>().nullable(),
    startedAt: p.bigint("number"),
    /** Ends by itself then. */
    limitAt: p.bigint("number"),
    endedAt: p.bigint("number").nullable(),
    ended: p.text().$type<PauseEnd>().nullable(),
    nodeId: p.text(),
  },
});

export type RecordingPauseRow = InferEntity<typeof RecordingPauseEntity>;
