import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("REPORTS", {
  UNKNOWN: { message: "There is no report %s", status: 404 },
  UNKNOWN_FILTER: { message: "The report %s has no filter %s", status: 400 },
  FORBIDDEN: { message: "Permission %s is missing for the report %s", status: 403 },
  UNAVAILABLE: { message: "None of the figures of the report %s can be counted here: %s", status: 409 },
  BAD_SPAN: { message: "The report cannot be made for this span: %s", status: 400 },
  NO_CHART: { message: "The report %s cannot be shown as %s", status: 400 },
  TOO_LARGE: { message: "The report has more than %s rows. Choose a shorter span, a longer period or a filter", status: 422 },
  TOO_SLOW: { message: "The report took longer than %s s. Choose a shorter span or a filter", status: 503 },
  BAD_DEFINITION: { message: "The report %s is not usable: %s" },
});
