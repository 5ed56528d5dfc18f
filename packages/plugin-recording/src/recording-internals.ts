import { token } from "@hotlinejs/core";
import type { ListenLog } from "./listen-log.js";
import type { RecordingAudio } from "./recording-audio.js";
import type { RecordingStore } from "./recording-store.js";

/** What the routes of this plugin use; for nobody else. */
export interface RecordingInternals {
  readonly store: RecordingStore;
  readonly audio: RecordingAudio;
  readonly listens: ListenLog;
}

export const RECORDING_INTERNALS = token<RecordingInternals>("recording.internals");
