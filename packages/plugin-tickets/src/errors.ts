import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("TICKETS", {
  NOT_FOUND: { message: "There is no ticket %s", status: 404 },
  UNKNOWN_KIND: { message: "There is no kind of ticket %s", status: 400 },
  UNKNOWN_CATEGORY: { message: "There is no category %s", status: 400 },
  ANONYMOUS_NOT_ALLOWED: { message: "A ticket of kind %s needs a name or a number", status: 400 },
  UNKNOWN_ACTION: { message: "The workflow has no transition %s", status: 400 },
  NOT_ALLOWED: { message: "%s is not possible while the ticket is %s", status: 409 },
  VALUE_MISSING: { message: "%s needs %s", status: 400 },
  BAD_VALUE: { message: "%s must be text of 1 to %s characters", status: 400 },
  CONFLICT: { message: "The ticket was changed by someone else meanwhile: read it again", status: 409 },
  VETOED: { message: "%s", status: 422 },
  SERIALS_EXHAUSTED: { message: "All 99999 serial numbers of %s are used", status: 503 },
  BAD_WORKFLOW: { message: "The workflow is not sound: %s", status: 500 },
  BAD_CURSOR: { message: "The cursor does not come from this list", status: 400 },
  FORBIDDEN: { message: "The permission %s is needed", status: 403 },
});
