import { z } from "zod";

export const recordingConfig = z.strictObject({
  /** Hours for which the raw capture is kept after the Opus file is stored. */
  keepRawHours: z.number().min(0).max(24 * 365).default(0),
  /** Days after which a recording is removed; null keeps it. */
  retentionDays: z.number().int().min(1).max(36_500).nullable().default(null),
  /** With less free disk (MB) no recording is begun: calls and tickets need what is left. */
  minFreeMb: z.number().min(0).default(256),
  /** How much of a recording a crash may lose at most, milliseconds. */
  flushMs: z.number().int().min(20).max(10_000).default(1_000),
  /** How long an agent may keep a call out of its recording at a time; then it is recorded again by itself. */
  longestPauseSeconds: z.number().int().min(5).max(3_600).default(120),
});

export type RecordingConfig = z.infer<typeof recordingConfig>;
