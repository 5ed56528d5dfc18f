import { fits, offer, offerTo } from "./matching.js";
import { rescind } from "./reservations.js";
import type { AgentState, InteractionState, QueueState, Reservation } from "./state.js";
import { isReady } from "./step.js";
import type { Step } from "./step.js";
import { comparePlaces } from "./waiting-line.js";

/**
 * Nobody is free for who has just begun to wait: an agent who is only being asked to take something that can be done later (`yields`)
 * is asked for the caller instead, without blame. What was offered is back in its old place, and goes to who else is free.
 */
export function outrank(step: Step): void {
  const { yielding } = step.state;
  if (yielding.size === 0 || step.loose.size === 0) return;
  const displaced: InteractionState[] = [];
  for (const interaction of [...step.loose].sort(comparePlaces)) {
    if (interaction.yields || interaction.state !== "waiting") continue;
    const found = makesRoom(yielding, interaction);
    if (found === undefined) continue;
    const { reservation, queue } = found;
    rescind(step, reservation, "outranked");
    offer(step, interaction, reservation.agent, queue);
    displaced.push(reservation.interaction);
  }
  for (const interaction of displaced) if (interaction.state === "waiting" && step.state.interactions.has(interaction.id)) offerTo(step, interaction);
}

/** The agent asked last, who has read least of it. */
function makesRoom(yielding: ReadonlySet<Reservation>, interaction: InteractionState): { readonly reservation: Reservation; readonly queue: QueueState } | undefined {
  for (const queue of interaction.servedBy) {
    for (const reservation of [...yielding].reverse()) if (reservation.phase === "pending" && canServe(reservation.agent, interaction, queue)) return { reservation, queue };
  }
  return undefined;
}

/** Whether the agent could be offered the interaction but for the present offer. */
function canServe(agent: AgentState, interaction: InteractionState, queue: QueueState): boolean {
  if (agent.wrapTimer !== undefined || agent.holdTimer !== undefined || agent.occupied || agent.removed || !agent.reachable || !isReady(agent)) return false;
  const held = agent.reservation;
  agent.reservation = undefined;
  const able = fits(agent, interaction, queue);
  agent.reservation = held;
  return able;
}
