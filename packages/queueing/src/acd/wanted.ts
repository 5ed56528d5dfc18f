import { fits } from "./matching.js";
import type { AcdState, AgentState, InteractionState } from "./state.js";

/**
 * Whether the queues need this agent at this moment: somebody waits whom they would give to the agent, or is being offered to others and
 * might need this one next, since too few others are free. By what `reduce` goes by when it places callers (skills, reserve and agents on
 * demand as far as the wait has let them in, room, preference): who may not be given to the agent does not count, whatever the channel.
 */
export function isWanted(state: AcdState, agentId: string): boolean {
  const agent = state.agents.get(agentId);
  if (agent === undefined) return false;
  for (const own of agent.memberships.values()) {
    const { queue } = own;
    if (queue !== undefined && !queue.removed && queue.line.some((interaction) => fits(agent, interaction, queue, own))) return true;
  }
  // Until they talk the ringing may come to nothing; whose chance is the last one is offered to nobody else.
  const offered = [...new Set(state.reservations.values().map(({ interaction }) => interaction))].filter((interaction) => interaction.expired === undefined && mayServe(agent, interaction));
  // As many others as there are such callers: then there is one for each, whoever of them needs one.
  return offered.some((interaction) => othersFree(agent, interaction, offered.length) < offered.length);
}

function mayServe(agent: AgentState, interaction: InteractionState): boolean {
  return interaction.servedBy.some((queue) => agent.memberships.get(queue.config.key)?.queue === queue && fits(agent, interaction, queue));
}

/** @param enough more are not looked for */
function othersFree(agent: AgentState, interaction: InteractionState, enough: number): number {
  const others = new Set<AgentState>();
  for (const queue of interaction.servedBy) {
    queue.eligible.some((other, own) => {
      if (other !== agent && fits(other, interaction, queue, own)) others.add(other);
      return others.size >= enough;
    });
  }
  return others.size;
}
