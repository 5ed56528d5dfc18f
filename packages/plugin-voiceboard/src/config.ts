import { z } from "zod";
import type { BoardDriver } from "./board/board-driver.js";

/** Options of `voiceboard({ ... })`. */
export const voiceboardConfig = z.strictObject({
  /** Lines without hardware, keys "1" to "n", whose far end is played by a program. `HOTLINE_VIRTUAL_LINES`. */
  virtualLines: z.number().int().min(0).max(64).default(0),
  /** What citizens dial to reach the virtual lines. */
  virtualNumber: z.string().min(1).max(32).default("12333"),
  /** Boards. */
  drivers: z.array(z.custom<BoardDriver>((value) => typeof value === "object" && value !== null && "channels" in value, "a board driver")).default([]),
  /** A caller who rings no more for this long, ms, has given up. Longer than the pause between two rings. */
  ringGapMs: z.number().int().min(100).max(60_000).default(6_000),
  /** How long a call waits for the caller's number, ms from the first ring; a second ring ends the wait too. */
  callerIdWaitMs: z.number().int().min(0).max(20_000).default(3_500),
  /** How long an outgoing call waits for dial tone, ms. */
  dialToneWaitMs: z.number().int().min(1_500).max(60_000).default(5_000),
  /** An outgoing call without an answer ends after this, unless its request says otherwise, ms. */
  ringTimeoutMs: z.number().int().min(1_000).max(600_000).default(30_000),
});

export type VoiceboardConfig = z.infer<typeof voiceboardConfig>;
