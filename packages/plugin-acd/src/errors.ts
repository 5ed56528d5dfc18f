import { defineErrors } from "@hotlinejs/core";

export const acdErrors = defineErrors("ACD", {
  UNKNOWN_QUEUE: { message: "There is no queue %s. Known: %s", status: 404, sip: 404 },
  UNKNOWN_AGENT: { message: "There is no agent %s", status: 404 },
  NOT_ALLOWED: { message: "Only agent %s or a supervisor may change this agent's state", status: 403 },
  NO_CALL: { message: "Agent %s has no call", status: 409 },
  CALL_STATE: { message: "Not possible while the call of agent %s is %s", status: 409 },
  AGENT_BUSY: { message: "Agent %s is on a call or has one offered", status: 409 },
  AGENT_UNREACHABLE: { message: "The telephone of agent %s is not there", status: 409 },
  TARGET_UNKNOWN: { message: "%s is neither an extension nor a telephone number", status: 422 },
  TARGET_SELF: { message: "An agent cannot call the own telephone", status: 422 },
  UNKNOWN_FLOW: { message: "There is no flow %s that agents may send callers to. Known: %s", status: 404 },
  SERVED_ALREADY: { message: "The caller of %s is in a queue already, or talks with an agent", status: 409, sip: 500 },
  NOT_WAITING: { message: "%s does not wait in a queue any more", status: 409 },
  NO_OWN_PHONE: { message: "Only who has an agent number, and a telephone with it, can go into calls", status: 409 },
  QUEUE_UNUSABLE: { message: "The stored settings of queue %s cannot be used: %s" },
  AGENT_UNUSABLE: { message: "The stored settings of agent %s cannot be used: %s" },
  MUSIC_UNUSABLE: { message: "The hold music of queue %s cannot be prepared: %s" },
  STOPPED: { message: "Call distribution has stopped", status: 503, sip: 503 },
});
