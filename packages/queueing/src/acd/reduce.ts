import { clockStepped } from "./clock-step.js";
import { closeQueue, configureAgent, configureQueue, removeAgent, removeQueue, setChoice, setOccupied, setReachable } from "./configuration.js";
import type { AcdEffect, AcdEvent } from "./events.js";
import { agentHistory, queueHistory } from "./history.js";
import { announce, divertLast, enqueue, keepOwnPlace, leave, restorePlace, restoreSequence, setPriority } from "./interactions.js";
import { match, widen } from "./matching.js";
import { move } from "./moving.js";
import { outrank } from "./outranking.js";
import { pickUp } from "./picking-up.js";
import { accept, connected, endWrapUp, finish, reject, rescind, restoreWrapUp, ringingOver, timeWrapUp, withdraw, wrapUpOver } from "./reservations.js";
import type { AcdState, InteractionState, TimerTarget } from "./state.js";
import { refreshAgent } from "./step.js";
import type { Step } from "./step.js";
import { ripen } from "./waiting-rules.js";

/**
 * One decision of the ACD: takes the event into `state` (changed in place) and returns what to do.
 * Synchronous, deterministic, free of I/O and clocks. Events that come too late (an answer after the
 * caller has gone, a timer that was cancelled, an id that is unknown) change nothing and return no
 * effects, so a driver never has to check first. Throws only `QueueingError` for wrong configuration,
 * before anything was changed.
 *
 * Holds after every event: an agent has at most one reservation or call; a caller is offered to one
 * agent, or to several where the strategy says so, and talks to one; no caller waits whom an
 * available agent may serve.
 */
export function reduce(state: AcdState, event: AcdEvent, now: number): AcdEffect[] {
  if (isLate(state, event)) return [];
  const step: Step = { state, now, effects: [], freed: [], loose: new Set(), touchedQueues: new Set(), strained: new Set() };
  apply(step, event);
  match(step);
  outrank(step);
  for (const queue of step.touchedQueues) divertLast(step, queue);
  for (const queue of step.strained) if (!step.touchedQueues.has(queue)) divertLast(step, queue);
  for (const queue of step.touchedQueues) step.effects.push({ type: "queue-length", queue: queue.config.key, length: queue.waiting + queue.offered });
  return step.effects;
}

/** Of thousands who were rung for one caller all but one answer too late, or are told so: that should cost next to nothing. */
function isLate({ reservations }: AcdState, event: AcdEvent): boolean {
  return "reservationId" in event && !reservations.has(event.reservationId);
}

function apply(step: Step, event: AcdEvent): void {
  const { state } = step;
  switch (event.type) {
    case "queue.configured":
      return configureQueue(step, event.queue);
    case "queue.frozen": {
      const queue = state.queues.get(event.queue);
      if (queue !== undefined) queue.frozen = event.frozen;
      return;
    }
    case "queue.removed": {
      const queue = state.queues.get(event.queue);
      return queue === undefined ? undefined : removeQueue(step, queue);
    }
    case "queue.closing": {
      const queue = state.queues.get(event.queue);
      return queue === undefined ? undefined : closeQueue(step, queue);
    }
    case "queue.history": {
      const queue = state.queues.get(event.queue);
      return queue === undefined ? undefined : queueHistory(step, queue, event);
    }
    case "agent.configured":
      return configureAgent(step, event.agent);
    case "interaction.enqueued":
      return enqueue(step, event);
    case "place.restored":
      return restorePlace(step, event);
    case "sequence.restored":
      return restoreSequence(step, event.placeSeq);
    case "clock.stepped":
      return clockStepped(step, event.ms);
    case "timer":
      return fire(step, event.id);
    case "interaction.moved": {
      const interaction = state.interactions.get(event.interactionId);
      const queue = state.queues.get(event.queue);
      return interaction === undefined || queue === undefined ? undefined : move(step, interaction, queue, event.priority);
    }
    case "interaction.ended":
    case "interaction.exited":
    case "interaction.priority": {
      const interaction = state.interactions.get(event.interactionId);
      if (interaction === undefined) return;
      if (event.type === "interaction.priority") return setPriority(step, interaction, event.priority);
      return event.type === "interaction.exited" ? end(step, interaction, "exit", false) : end(step, interaction, "abandoned", event.broken === true);
    }
    case "offer.accepted":
    case "offer.rejected":
    case "offer.picked-up":
    case "offer.connected": {
      const reservation = state.reservations.get(event.reservationId);
      if (reservation === undefined) return;
      if (event.type === "offer.accepted") return accept(step, reservation);
      if (event.type === "offer.picked-up") return pickUp(step, reservation, state.agents.get(event.agentId));
      if (event.type === "offer.rejected") return reject(step, reservation, event.cause);
      return connected(step, reservation);
    }
    default: {
      const agent = state.agents.get(event.agentId);
      if (agent === undefined) return;
      switch (event.type) {
        case "agent.history":
          return agentHistory(step, agent, event);
        case "agent.removed":
          return removeAgent(step, agent);
        case "agent.state":
          return setChoice(step, agent, event.state, event.reason, event.keepWrapUp);
        case "agent.reachable":
          return setReachable(step, agent, event.reachable);
        case "agent.occupied":
          return setOccupied(step, agent, event.occupied, event.wrapUpMs ?? 0);
        case "agent.wrap-up-done":
          return endWrapUp(step, agent);
        case "agent.wrap-up-extended": {
          if (agent.wrapTimer === undefined || !Number.isFinite(event.ms) || event.ms <= 0) return;
          return timeWrapUp(step, agent, agent.wrapUntil + event.ms);
        }
        case "agent.wrap-up-restored":
          return restoreWrapUp(step, agent, event.ms, event.spentMs);
      }
    }
  }
}

function end(step: Step, interaction: InteractionState, outcome: "abandoned" | "exit", broken: boolean): void {
  if (interaction.agent !== undefined) {
    const { agent } = interaction;
    if (outcome === "abandoned") finish(step, interaction, agent);
    if (broken) keepOwnPlace(step, interaction, agent.id);
    return;
  }
  if (interaction.state === "offered") withdraw(step, interaction, outcome);
  else leave(step, interaction, outcome);
}

function fire(step: Step, id: string): void {
  const target = step.state.timers.get(id);
  if (target === undefined) return;
  step.state.timers.delete(id);
  if ("interaction" in target) target.interaction.timers.delete(id);
  run(step, target);
}

function run(step: Step, target: TimerTarget): void {
  switch (target.kind) {
    case "offer":
      return ringingOver(step, target);
    case "join":
      return rescind(step, target.reservation, "connect-timeout");
    case "hold":
      target.agent.holdTimer = undefined;
      return refreshAgent(step, target.agent);
    case "wrap":
      return wrapUpOver(step, target.agent);
    case "max-wait":
      target.interaction.expired ??= "timeout";
      return target.interaction.state === "waiting" ? leave(step, target.interaction, "timeout") : undefined;
    case "announce":
      return announce(step, target.interaction);
    case "rules":
      target.interaction.ripeMs = Math.max(target.interaction.ripeMs, target.ripeMs);
      return ripen(step, target.interaction);
    case "widen":
      return widen(step, target.interaction);
    case "empty": {
      target.queue.emptyTimer = undefined;
      if (target.queue.present.size > 0) return;
      for (const interaction of [...target.queue.line]) {
        if (!interaction.patient && interaction.queue.config.leaveEmpty !== false && interaction.servedBy.every((queue) => queue.present.size === 0)) leave(step, interaction, "no-agents");
      }
    }
  }
}
