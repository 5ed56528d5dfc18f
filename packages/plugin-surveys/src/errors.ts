import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("SURVEYS", {
  UNKNOWN: { message: "There is no survey %s", status: 404 },
  CLOSED: { message: "The survey %s is closed", status: 409 },
  BAD_ANSWER: { message: "The survey %s has no answer %s", status: 400 },
});
