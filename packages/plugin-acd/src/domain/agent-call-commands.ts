import type { AgentCallCommand, AgentCallState } from "../contract.js";

const COMMANDS: Readonly<Record<AgentCallState, readonly AgentCallCommand[]>> = {
  ringing: ["reject"],
  dialling: ["hangup"],
  talking: ["hold", "transfer", "consult", "to-flow", "announce", "dtmf", "hangup"],
  held: ["retrieve", "transfer", "consult", "to-flow", "hangup"],
  "consult-ringing": ["cancel", "hangup"],
  consulting: ["swap", "complete", "conference", "cancel", "dtmf", "hangup"],
  conference: ["consult", "complete", "remove", "mute", "dtmf", "hangup", "end"],
  "in-flow": ["cancel", "hangup"],
  transferring: ["hangup"],
  reconnecting: ["hangup"],
};

/** What an agent can do with a call in this state. */
export function commandsIn(state: AgentCallState): readonly AgentCallCommand[] {
  return COMMANDS[state];
}
