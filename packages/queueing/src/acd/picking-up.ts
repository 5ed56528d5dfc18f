import { roomFor } from "./capacity.js";
import { offer } from "./matching.js";
import { endWrapUp, lose } from "./reservations.js";
import type { AgentState, Reservation } from "./state.js";
import { clearTimer } from "./step.js";
import type { Step } from "./step.js";

/** Whether the agent could be rung at the own wish: there, at nothing that excludes it; not ready, or in after-call work, is no hindrance. */
export function mayPickUp(agent: AgentState, channel: string): boolean {
  return !agent.removed && agent.reachable && agent.choice !== "offline" && !agent.occupied && agent.reservation === undefined && roomFor(agent, channel);
}

/** A colleague's offer becomes this agent's. Whoever was rung is let go without blame, and is not rung along again for this caller. */
export function pickUp(step: Step, reservation: Reservation, agent: AgentState | undefined): void {
  const { interaction, queue } = reservation;
  if (agent === undefined || reservation.phase !== "pending" || interaction.winner !== undefined || interaction.expired !== undefined || !mayPickUp(agent, interaction.channel)) return;
  interaction.tried.add(reservation.agent.id);
  // Wanting it ends the rest after work and after a miss.
  clearTimer(step, agent.holdTimer);
  agent.holdTimer = undefined;
  endWrapUp(step, agent);
  offer(step, interaction, agent, queue, true);
  lose(step, reservation, "picked-up");
}
