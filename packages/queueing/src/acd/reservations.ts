import type { RejectCause, RescindReason } from "./events.js";
import { backToWaiting, leaveFromOffer, stopTimers } from "./interactions.js";
import type { AgentState, InteractionState, OfferRound, Reservation } from "./state.js";
import { clearTimer, isEligible, isReady, refreshAgent, setTimer, unhold } from "./step.js";
import type { Step } from "./step.js";

/** Longest pause after repeated failures of an agent's phone. */
const MAX_FAIL_DELAY_MS = 60_000;
/** Weight of the newest call in the smoothed handling time. */
export const SMOOTHING = 0.1;

export function accept(step: Step, reservation: Reservation): void {
  if (reservation.phase !== "pending") return;
  const { interaction, agent, queue } = reservation;
  // Two who were rung together have answered: the first one has the caller.
  if (interaction.winner !== undefined) return lose(step, reservation);
  reservation.phase = "accepted";
  interaction.winner = reservation;
  agent.misses = 0;
  agent.failures = 0;
  endRinging(step, reservation);
  reservation.joinTimer = setTimer(step, step.now + queue.config.connectMs, { kind: "join", reservation });
  step.effects.push({ type: "connect", reservationId: reservation.id, agentId: agent.id, interactionId: interaction.id, queue: queue.config.key, waitMs: Math.max(0, step.now - interaction.enteredAt) });
}

/** Another agent has the caller: let go at once, without blame and without wrap-up. */
export function lose(step: Step, reservation: Reservation, reason: "answered-elsewhere" | "picked-up" = "answered-elsewhere"): void {
  release(step, reservation);
  step.effects.push({ type: "rescind", reservationId: reservation.id, agentId: reservation.agent.id, interactionId: reservation.interaction.id, reason });
  refreshAgent(step, reservation.agent);
}

/** The agent's side ended the attempt: the caller goes back to the line. */
export function reject(step: Step, reservation: Reservation, cause: RejectCause): void {
  const { interaction, agent } = reservation;
  release(step, reservation);
  interaction.tried.add(agent.id);
  punish(step, reservation, cause);
  refreshAgent(step, agent);
  failed(step, interaction, agent, cause);
}

/** One attempt less: the caller waits again when it was the last. */
function failed(step: Step, interaction: InteractionState, agent: AgentState, cause: RejectCause | RescindReason): void {
  const ringing = interaction.reservations.size;
  step.effects.push({ type: "requeued", interactionId: interaction.id, agentId: agent.id, cause, ringing });
  if (interaction.heldFor === agent) unhold(step, interaction);
  if (ringing === 0) backToWaiting(step, interaction);
  else step.loose.add(interaction);
}

/** We end the attempt; the caller goes back to the line. */
export function rescind(step: Step, reservation: Reservation, reason: RescindReason): void {
  const { interaction, agent } = reservation;
  // Rung along while another one has just answered: not this agent's miss.
  if (reason === "no-answer" && interaction.winner !== undefined) return lose(step, reservation);
  release(step, reservation);
  step.effects.push({ type: "rescind", reservationId: reservation.id, agentId: agent.id, interactionId: interaction.id, reason });
  if (reason === "no-answer" || reason === "connect-timeout") {
    interaction.tried.add(agent.id);
    punish(step, reservation, reason === "no-answer" ? "no-answer" : "failed");
  }
  refreshAgent(step, agent);
  failed(step, interaction, agent, reason);
}

/** The caller is gone or leaves while agents are rung. */
export function withdraw(step: Step, interaction: InteractionState, outcome: "abandoned" | "exit"): void {
  letGo(step, interaction, "caller-gone");
  leaveFromOffer(step, interaction, outcome);
}

/** Whoever is rung is let go at once, without blame and without wrap-up. */
export function letGo(step: Step, interaction: InteractionState, reason: "caller-gone" | "moved"): void {
  for (const reservation of takeReservations(interaction)) {
    const { agent } = reservation;
    release(step, reservation);
    step.effects.push({ type: "rescind", reservationId: reservation.id, agentId: agent.id, interactionId: interaction.id, reason });
    refreshAgent(step, agent);
  }
}

/** All at once: thousands need not be taken out one by one. */
function takeReservations({ reservations }: InteractionState): Reservation[] {
  const all = [...reservations];
  reservations.clear();
  return all;
}

function release(step: Step, reservation: Reservation): void {
  const { interaction } = reservation;
  if (interaction.yields) step.state.yielding.delete(reservation);
  interaction.reservations.delete(reservation);
  if (interaction.winner === reservation) interaction.winner = undefined;
  if (reservation.phase === "pending") endRinging(step, reservation);
  else clearTimer(step, reservation.joinTimer);
  reservation.agent.reservation = undefined;
  step.state.reservations.remove(reservation);
}

/** The timer ends with the last who hangs on it. */
function endRinging(step: Step, { round }: Reservation): void {
  round.ringing -= 1;
  if (round.ringing === 0) clearTimer(step, round.timer);
}

/** The time is over for those who have neither answered nor been let go. */
export function ringingOver(step: Step, { reservations }: OfferRound): void {
  for (const reservation of reservations) if (reservation.phase === "pending" && reservation.agent.reservation === reservation) rescind(step, reservation, "no-answer");
}

function punish(step: Step, reservation: Reservation, cause: RejectCause): void {
  const { agent } = reservation;
  const { config } = reservation.queue;
  let delay: number;
  if (cause === "failed") {
    delay = Math.min(MAX_FAIL_DELAY_MS, config.failDelayMs * 2 ** Math.min(agent.failures, 16));
    agent.failures += 1;
  } else {
    delay = cause === "declined" ? config.rejectDelayMs : cause === "busy" ? config.busyDelayMs : config.noAnswerDelayMs;
  }
  if (cause === "no-answer") {
    agent.misses += 1;
    if (config.pauseAfterMisses > 0 && agent.misses >= config.pauseAfterMisses && isReady(agent)) {
      agent.autoPaused = agent.choice;
      agent.choice = "not-ready";
      agent.reason = "no-answer";
      step.effects.push({ type: "auto-paused", agentId: agent.id, cause: "no-answer", misses: agent.misses });
    }
  }
  agent.idleSince = step.now;
  clearTimer(step, agent.holdTimer);
  agent.holdTimer = delay > 0 ? setTimer(step, step.now + delay, { kind: "hold", agent }) : undefined;
}

export function connected(step: Step, reservation: Reservation): void {
  const { interaction, agent, queue } = reservation;
  if (interaction.winner !== undefined && interaction.winner !== reservation) return lose(step, reservation);
  // A driver may skip `offer.accepted`.
  if (reservation.phase === "pending") agent.misses = 0;
  release(step, reservation);
  interaction.queue.offered -= 1;
  interaction.state = "connected";
  interaction.rungBy?.ringing.delete(interaction);
  interaction.rungBy = undefined;
  unhold(step, interaction);
  interaction.agent = agent;
  interaction.connectedAt = step.now;
  agent.interactions.add(interaction);
  agent.callsTaken += 1;
  stopTimers(step, interaction);
  refreshAgent(step, agent);
  for (const other of takeReservations(interaction)) lose(step, other);
  step.touchedQueues.add(interaction.queue);
  step.effects.push({ type: "left", interactionId: interaction.id, queue: queue.config.key, outcome: "answered", waitMs: Math.max(0, step.now - interaction.enteredAt), expectedWaitMs: interaction.expectedWaitMs, placeAt: interaction.placeAt, placeSeq: interaction.seq, raisedBy: interaction.raisedBy, agentId: agent.id });
}

/** The talk is over: wrap-up, or free at once. */
export function finish(step: Step, interaction: InteractionState, agent: AgentState): void {
  const { queue } = interaction;
  const talkMs = Math.max(0, step.now - interaction.connectedAt);
  step.state.interactions.delete(interaction.id);
  agent.interactions.delete(interaction);
  agent.lastCallEndedAt = step.now;
  agent.talkMs += talkMs;
  const wrapUpMs = agent.wrapUpMs ?? queue.config.wrapUpMs;
  queue.handleMs += SMOOTHING * (talkMs + wrapUpMs - queue.handleMs);
  step.strained.add(queue);
  step.effects.push({ type: "ended", interactionId: interaction.id, queue: queue.config.key, agentId: agent.id, talkMs, placeAt: interaction.placeAt, placeSeq: interaction.seq, raisedBy: interaction.raisedBy });
  if (wrapUpMs > 0 && !agent.removed) startWrapUp(step, agent, wrapUpMs);
  refreshAgent(step, agent);
  // Less to do: there may be room for what waits, though the state is the same.
  if (isEligible(agent)) step.freed.push(agent);
  if (agent.removed && agent.interactions.size === 0) step.state.agents.delete(agent.id);
}

/** One stretch of after-call work, also where several talks have ended. */
export function startWrapUp(step: Step, agent: AgentState, wrapUpMs: number): void {
  const running = agent.wrapTimer !== undefined;
  if (!running) agent.wrapSince = step.now;
  timeWrapUp(step, agent, running ? Math.max(agent.wrapUntil, step.now + wrapUpMs) : step.now + wrapUpMs);
}

/** See `agent.wrap-up-restored`. */
export function restoreWrapUp(step: Step, agent: AgentState, ms: number, spentMs: number): void {
  if (agent.removed || agent.wrapTimer !== undefined || agent.interactions.size > 0 || agent.reservation !== undefined || agent.occupied) return;
  if (!Number.isFinite(ms) || ms <= 0 || !Number.isFinite(spentMs) || spentMs < 0) return;
  agent.wrapSince = step.now - spentMs;
  timeWrapUp(step, agent, step.now + ms);
  refreshAgent(step, agent);
}

/** Ends the wrap-up at the time given, or when the longest one allowed is over. */
export function timeWrapUp(step: Step, agent: AgentState, until: number): void {
  clearTimer(step, agent.wrapTimer);
  agent.wrapUntil = until;
  for (const key of agent.memberships.keys()) {
    const queue = step.state.queues.get(key);
    if (queue !== undefined) step.strained.add(queue);
  }
  agent.wrapTimer = setTimer(step, Math.max(step.now, Math.min(until, agent.wrapSince + step.state.wrapUpMaxMs)), { kind: "wrap", agent });
}

/** The time is over. Whoever asked for more than is allowed is at something else now. */
export function wrapUpOver(step: Step, agent: AgentState): void {
  // Not by the time: a timer may come a moment early by the clock.
  if (agent.wrapUntil > agent.wrapSince + step.state.wrapUpMaxMs && isReady(agent)) {
    agent.choice = "not-ready";
    agent.reason = "wrap-up";
    step.effects.push({ type: "auto-paused", agentId: agent.id, cause: "wrap-up", misses: agent.misses });
  }
  agent.wrapTimer = undefined;
  refreshAgent(step, agent);
}

export function endWrapUp(step: Step, agent: AgentState): void {
  if (agent.wrapTimer === undefined) return;
  clearTimer(step, agent.wrapTimer);
  agent.wrapTimer = undefined;
  refreshAgent(step, agent);
}
