import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("SURVEYS", {
  UNKNOWN: { message: "There is no survey %s", status: 404 },
  CLOSED: { message: "The survey %s is closed", status: 409 },
  BAD_QUESTION: { message: "The question of the survey %s cannot be spoken: %s. Write placeholders as {{name}} or {{name|format}}, or take the braces out", status: 422 },
  BAD_ANSWER: { message: "The survey %s has no answer %s", status: 400 },
});
