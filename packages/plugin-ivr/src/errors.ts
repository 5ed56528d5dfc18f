import { defineErrors } from "@hotlinejs/core";

/** Coded errors of the IVR: `HTL_IVR_*`. */
export const errors = defineErrors("IVR", {
  FLOW_INVALID: { message: "The flows cannot be used: %s", status: 422 },
  UNKNOWN_FLOW: { message: "There is no flow %s", status: 404, sip: 404 },
  NOT_FOR_DESK: { message: "Flow %s is not one that agents send callers to; mark it with desk: true", status: 409 },
  NODE_NOT_OWNED: { message: "No plugin answered for node type %s", status: 500 },
  UNKNOWN_OUTCOME: { message: "Node %s ended with %s, which leads nowhere", status: 500 },
  FLOW_SPINS: { message: "The flow went through %s nodes without a word to the caller", status: 508 },
  FLOW_TOO_LONG: { message: "The call went through more than %s nodes", status: 508 },
  FLOW_TOO_DEEP: { message: "Flows call each other more than %s deep", status: 508 },
});
