import { defineErrors } from "@hotlinejs/core";

export const exampleErrors = defineErrors("EXAMPLE", {
  HOURS_UNKNOWN: { message: "HOTLINE_HOURS is %s; it may be one of: %s" },
  FLOW_FILE: { message: "The flow file %s cannot be read: %s" },
  INSURANCE_DOWN: { message: "The stand-in for the social-insurance system does not listen" },
});
