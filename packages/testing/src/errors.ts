import { defineErrors } from "@hotlinejs/core";

export const testingErrors = defineErrors("TESTING", {
  DURATION: { message: "%s is no duration. Give milliseconds, a text such as \"5m\" or \"1h30m\", or { minutes: 5 }" },
  EVENT_MISSING: { message: "No %s%s came within %s ms of virtual time. What came: %s" },
  EVENT_ORDER: { message: "Expected %s after %s, but what came was: %s" },
  NO_IVR: { message: "runFlow needs the IVR: give `plugins: [ivr(), ...]` with the plugins whose nodes the flow uses" },
  NO_CALL: { message: "No call to %s is up on trunk %s. What was dialled: %s" },
  NO_INTERACTION: { message: "The journal has no interaction %s" },
});
