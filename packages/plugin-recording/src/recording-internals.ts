import { token } from "@hotlinejs/core";
import type { AgentPauses } from "./agent-pauses.js";
import type { ListenLog } from "./listen-log.js";
import type { RecordingAudio } from "./recording-audio.js";
import type { RecordingStore } from "./recording-store.js";

/** What the routes of this plugin use; for nobody else. */
export interface RecordingInternals {
  readonly store: RecordingStore;
  readonly audio: RecordingAudio;
  readonly listens: ListenLog;
  readonly pauses: AgentPauses;
  /** How long a pause of an agent lasts at most. */
  readonly longestPauseMs: number;
}

export const RECORDING_INTERNALS = token<RecordingInternals>("recording.internals");
