import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { ExcludedRange, RecordingKind, RecordingState } from "../contract.js";

/** One recording. Times are epoch ms, lengths in milliseconds. */
export const RecordingEntity = defineEntity({
  name: "Recording",
  tableName: "recording_recording",
  indexes: [{ properties: ["interactionId"] }, { properties: ["startedAt", "id"] }, { properties: ["state"] }, { properties: ["retentionUntil"] }, { properties: ["partOf"] }],
  properties: {
    id: p.text().primary(),
    interactionId: p.text(),
    legId: p.text(),
    kind: p.text().$type<RecordingKind>(),
    state: p.text().$type<RecordingState>(),
    startedAt: p.bigint("number"),
    durationMs: p.bigint("number").nullable(),
    /** Per channel at 8 kHz, known after compression: the exact length of the WAV. */
    samples: p.bigint("number").nullable(),
    voicedMs: p.bigint("number").nullable(),
    peakLevel: p.integer().nullable(),
    truncated: p.boolean(),
    confidential: p.boolean(),
    /** File name in the captures folder; null once removed. */
    captureFile: p.text().nullable(),
    opusBlobId: p.text().nullable(),
    opusBytes: p.bigint("number").nullable(),
    opusSha256: p.text().nullable(),
    wavSha256: p.text().nullable(),
    excluded: p.json<readonly ExcludedRange[]>(),
    nodeId: p.text(),
    retentionUntil: p.bigint("number").nullable(),
    error: p.text().nullable(),
    /** First part of the same call, which the disk cut short. */
    partOf: p.text().nullable(),
  },
});

export type RecordingRow = InferEntity<typeof RecordingEntity>;
