import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("FAX", {
  NOT_FOUND: { message: "There is no fax %s", status: 404 },
  NOT_READY: { message: "The pages of the fax %s are not there (yet)", status: 409 },
  NO_PAGE: { message: "The fax %s has no page %s", status: 404 },
  NO_ARTICLE: { message: "There is no article %s to be faxed", status: 404 },
  BAD_NUMBER: { message: "No fax is sent to this number", status: 400 },
  TOO_MANY: { message: "Enough faxes went to this number today", status: 429 },
  UNREADABLE: { message: "The document cannot be made a fax: %s", status: 400 },
  TOO_LONG: { message: "The document is too long for a fax: %s", status: 400 },
  WORKER_MISSING: { message: "The worker %s is not there: build @hotlinejs/plugin-fax first (npm run build)", status: 500 },
  WORKER_FAILED: { message: "The pages of a fax could not be made: %s", status: 503 },
  BAD_CURSOR: { message: "The cursor is not one of this list", status: 400 },
});
