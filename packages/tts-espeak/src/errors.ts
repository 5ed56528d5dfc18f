import { defineErrors } from "@hotlinejs/core";

/** Coded errors of the engine: `HTL_ESPEAK_*`. plugin-tts shows them as the cause of `HTL_TTS_SYNTHESIS_FAILED`. */
export const errors = defineErrors("ESPEAK", {
  NOT_BUILT: { message: "The worker of @hotlinejs/tts-espeak is missing; build the package (looked in %s)" },
  FAILED: { message: "eSpeak failed: %s", status: 503 },
  TIMEOUT: { message: "eSpeak gave no sound within %s ms", status: 503 },
  TOO_LONG: { message: "A text of %s characters is too long for one synthesis", status: 413 },
  STOPPED: { message: "eSpeak has stopped", status: 503 },
});
