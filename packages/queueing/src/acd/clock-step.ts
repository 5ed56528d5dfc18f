import type { Step } from "./step.js";

/**
 * The clock was set: every moment that is remembered moves along. Otherwise a clock set back would put those who come
 * now before those who wait, and one set forward would count its leap as everybody's wait, talk and idle time.
 */
export function clockStepped({ state }: Step, ms: number): void {
  if (!Number.isFinite(ms) || ms === 0) return;
  for (const agent of state.agents.values()) {
    agent.statusSince += ms;
    agent.idleSince += ms;
    if (agent.idleFrom !== undefined) agent.idleFrom = { since: agent.idleFrom.since + ms, until: agent.idleFrom.until + ms };
    agent.wrapSince += ms;
    agent.wrapUntil += ms;
    // 0: none yet.
    if (agent.lastCallEndedAt > 0) agent.lastCallEndedAt += ms;
  }
  for (const queue of state.queues.values()) queue.eligible.rank();
  for (const interaction of state.interactions.values()) {
    interaction.enteredAt += ms;
    interaction.placeAt += ms;
    // All by the same: the order of the lines stays.
    interaction.minor += ms;
    interaction.connectedAt += ms;
  }
  for (const [key, place] of state.places) state.places.set(key, { ...place, placeAt: place.placeAt + ms, leftAt: place.leftAt + ms });
}
