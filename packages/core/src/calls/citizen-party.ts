import type { Call, Party } from "../contracts/call.js";

/** The citizen's end of a citizen's leg, whoever dialled. */
export function citizenParty(call: Pick<Call, "direction" | "from" | "to">): Party {
  return call.direction === "inbound" ? call.from : call.to;
}
