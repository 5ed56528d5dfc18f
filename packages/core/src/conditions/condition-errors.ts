import { defineErrors } from "../errors/define-errors.js";

export const conditionErrors = defineErrors("CORE", {
  CONDITION_INVALID: { message: "The condition cannot be used:\n%s", status: 400 },
  CONDITION_NEEDS_CALENDAR: { message: "The condition counts working time, but no calendar was given", status: 400 },
  CONDITION_TIME_OUT_OF_RANGE: { message: "The condition reaches beyond the times that can be told: %s", status: 400 },
});
