import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("BUSINESS", {
  UNKNOWN_KIND: { message: "There is no kind of record %s", status: 404 },
  BAD_KEY: { message: "%s is missing or cannot be one", status: 400 },
  PROOF_NEEDED: { message: "%s is needed for records of this kind", status: 400 },
  NOT_FOUND: { message: "There is no such record, or the proof does not fit", status: 404 },
  LOCKED: { message: "Too many failed tries: locked for a while", status: 423 },
  UNAVAILABLE: { message: "The business system cannot be asked now (%s)", status: 503 },
});
