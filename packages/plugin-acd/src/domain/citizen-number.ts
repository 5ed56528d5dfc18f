import { citizenParty, type CallSession } from "@hotlinejs/core";

/** Whose call it is, also where the hotline has called (a callback): then the number that calls is the hotline's own. */
export function citizenNumber({ call, interaction }: CallSession): string {
  return call.direction === "outbound" ? citizenParty(call).number : interaction.callerNumber;
}
