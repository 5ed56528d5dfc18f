import { defineErrors } from "@hotlinejs/core";

export const portalErrors = defineErrors("PORTAL", {
  NO_CALLS: { message: "There are no calls from the web here. Add plugin-sip and plugin-http, leave `browserCalls` on and build the pages", status: 503 },
  TOO_MANY_CALLS: { message: "Too many calls from this address. Try again in %s minutes", status: 429 },
});
