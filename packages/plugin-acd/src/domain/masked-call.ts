import type { AgentCall } from "../contract.js";

/** `138****5678`; short numbers are extensions and stay. */
export function maskedNumber(number: string): string {
  return number.length < 8 ? number : `${number.slice(0, 3)}****${number.slice(-4)}`;
}

/** The call as screens show it. */
export function maskedCall(call: AgentCall): AgentCall {
  return { ...call, citizenNumber: maskedNumber(call.citizenNumber), consult: call.consult === null ? null : { ...call.consult, number: maskedNumber(call.consult.number) } };
}
