import { defineErrors } from "@hotlinejs/core";

/** Coded errors of speech: `HTL_TTS_*`. */
export const errors = defineErrors("TTS", {
  UNKNOWN_PROMPT: { message: "There is no prompt %s", status: 404 },
  PROMPT_CONFLICT: { message: "Prompt %s (%s) is already defined with another text or file", status: 409 },
  BAD_TEMPLATE: { message: "Prompt text is malformed at position %s: %s", status: 422 },
  MISSING_VALUE: { message: "The prompt needs a value for %s", status: 422 },
  BAD_VALUE: { message: "The value of %s cannot be read as %s", status: 422 },
  SYNTHESIS_FAILED: { message: "Speech synthesis failed: %s", status: 503 },
  NO_PROVIDER: { message: "No speech provider is installed (for example @hotlinejs/tts-espeak)", status: 503 },
});
