import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("CALLBACKS", {
  NOT_FOUND: { message: "There is no callback %s", status: 404 },
  BAD_NUMBER: { message: "This is no number that can be called back", status: 400 },
  BAD_TIME: { message: "The time of a callback must lie within the next 366 days", status: 400 },
  UNKNOWN_QUEUE: { message: "There is no queue %s", status: 400 },
  BAD_CURSOR: { message: "The cursor does not come from this list", status: 400 },
  NOT_OPEN: { message: "The callback is %s", status: 409 },
  CONFLICT: { message: "Somebody else has taken up the callback meanwhile", status: 409 },
  NO_AGENTS: { message: "Nobody can call back: no call distribution is installed", status: 503 },
  NO_AGENT_NUMBER: { message: "Your account has no agent number", status: 403 },
  AGENT_NOT_FREE: { message: "Agent %s is on a call, signed out or has no phone", status: 409 },
  AGENT_MISSED: { message: "Agent %s did not answer the phone", status: 409 },
  QUIET_HOURS: { message: "Citizens are not called at this time unless they asked for it", status: 409 },
  DRAINING: { message: "The hotline is stopping: nobody is called any more", status: 503 },
});
