import { maskPhone } from "@hotlinejs/core";
import type { AgentCall } from "../contract.js";

/** The call as screens show it. */
export function maskedCall(call: AgentCall): AgentCall {
  return { ...call, citizenNumber: maskPhone(call.citizenNumber), consult: call.consult === null ? null : { ...call.consult, number: maskPhone(call.consult.number) }, members: call.members.map((member) => ({ ...member, number: maskPhone(member.number) })) };
}
