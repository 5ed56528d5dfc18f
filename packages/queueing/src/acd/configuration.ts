import { loadOf, resolveCapacity, VOICE } from "./capacity.js";
import { checkAgent, resolveQueue } from "./config.js";
import type { AgentConfig, QueueConfig } from "./config.js";
import { EligibleAgents } from "./eligible-agents.js";
import type { AgentChoice } from "./events.js";
import { leave, servesSometime } from "./interactions.js";
import { endWrapUp, rescind, startWrapUp } from "./reservations.js";
import type { AgentState, QueueState } from "./state.js";
import { clearTimer, isEligible, isReady, refreshAgent, unhold, watchEmpty } from "./step.js";
import type { Step } from "./step.js";
import { leaveOverflow, limitWait, ripen } from "./waiting-rules.js";

/** Handling time assumed before the first call has ended. */
const FIRST_HANDLE_MS = 180_000;

/** A new queue, or new rules for one: they reach callers who already wait. Only announcements and calls being rung go on as they began. */
export function configureQueue(step: Step, config: QueueConfig): void {
  const { state } = step;
  const resolved = resolveQueue(config);
  let queue = state.queues.get(config.key);
  if (queue === undefined) {
    queue = {
      config: resolved,
      frozen: false,
      removed: false,
      line: [],
      members: new Set(),
      eligible: new EligibleAgents(resolved.strategy),
      staff: new Set(),
      atWork: new Set(),
      wrappingUp: new Set(),
      present: new Set(),
      ringing: new Set(),
      offered: 0,
      waiting: 0,
      lastOrder: -1,
      emptyTimer: undefined,
      handleMs: FIRST_HANDLE_MS,
    };
    state.queues.set(config.key, queue);
    for (const agent of state.agents.values()) {
      const own = agent.memberships.get(config.key);
      if (own === undefined) continue;
      own.queue = queue;
      queue.members.add(agent);
    }
  } else {
    queue.config = resolved;
    queue.eligible.rankBy(resolved.strategy);
    clearTimer(step, queue.emptyTimer);
    queue.emptyTimer = undefined;
    for (const interaction of [...state.interactions.values()]) {
      if (interaction.state === "connected" || !interaction.servedBy.includes(queue)) continue;
      if (interaction.queue === queue) leaveOverflow(step, interaction);
      ripen(step, interaction);
      if (interaction.queue === queue) limitWait(step, interaction);
    }
    letBoundGo(step);
  }
  for (const agent of queue.members) {
    agent.countedAs = undefined;
    refreshAgent(step, agent);
  }
  step.strained.add(queue);
  watchEmpty(step, queue);
}

/** Closing time; who is being offered has the chance that has begun. */
export function closeQueue(step: Step, queue: QueueState): void {
  for (const interaction of [...step.state.interactions.values()]) {
    if (interaction.queue !== queue || interaction.patient) continue;
    if (interaction.state === "waiting") leave(step, interaction, "closed");
    else if (interaction.state === "offered") interaction.expired = "closed";
  }
}

export function removeQueue(step: Step, queue: QueueState): void {
  queue.removed = true;
  step.state.queues.delete(queue.config.key);
  for (const interaction of [...queue.line]) {
    if (interaction.queue === queue) leave(step, interaction, "closed");
  }
  for (const interaction of step.state.interactions.values()) {
    const index = interaction.servedBy.indexOf(queue);
    if (index > 0) interaction.servedBy.splice(index, 1);
  }
  queue.line.length = 0;
  for (const agent of queue.members) {
    const own = agent.memberships.get(queue.config.key);
    if (own !== undefined) own.queue = undefined;
  }
  queue.eligible.clear();
  queue.staff.clear();
  queue.atWork.clear();
  queue.wrappingUp.clear();
  queue.present.clear();
  queue.ringing.clear();
  clearTimer(step, queue.emptyTimer);
  queue.emptyTimer = undefined;
}

export function configureAgent(step: Step, config: AgentConfig): void {
  checkAgent(config);
  const { state, now } = step;
  let agent = state.agents.get(config.id);
  if (agent === undefined) {
    // Side by side in memory what is looked at of everybody who is free for a caller.
    agent = {
      id: config.id,
      status: "offline",
      choice: "offline",
      skills: {},
      capacity: resolveCapacity(config.id, config.capacity),
      reservation: undefined,
      order: config.order ?? state.agents.size,
      memberships: new Map(),
      idleSince: now,
      statusSince: now,
      countedAs: undefined,
      wraps: false,
      reachable: false,
      occupied: false,
      removed: false,
      holdTimer: undefined,
      wrapTimer: undefined,
      interactions: new Set(),
      awaitedBy: new Set(),
      reason: undefined,
      autoPaused: undefined,
      wrapUpMs: undefined,
      wrapSince: 0,
      wrapUntil: 0,
      idleFrom: undefined,
      lastCallEndedAt: 0,
      callsTaken: 0,
      talkMs: 0,
      misses: 0,
      failures: 0,
    };
    state.agents.set(config.id, agent);
  }
  leaveQueues(step, agent);
  for (const interaction of [...agent.awaitedBy]) unhold(step, interaction);
  agent.removed = false;
  agent.order = config.order ?? agent.order;
  agent.skills = config.skills ?? {};
  agent.wrapUpMs = config.wrapUpMs;
  agent.capacity = resolveCapacity(config.id, config.capacity);
  agent.memberships.clear();
  for (const membership of config.queues) {
    const queue = step.state.queues.get(membership.queue);
    agent.memberships.set(membership.queue, { weight: membership.weight ?? 1, tier: membership.tier ?? 0, queue, place: undefined });
    queue?.members.add(agent);
  }
  refreshAgent(step, agent);
  for (const queue of unstaffed(step)) watchEmpty(step, queue);
  // New skills, queues or room may fit a caller who waits.
  if (isEligible(agent)) step.freed.push(agent);
  letBoundGo(step);
}

/** What only one agent may serve does not wait on where that agent serves no more. Whoever is just being asked keeps that chance. */
function letBoundGo(step: Step): void {
  for (const interaction of [...step.state.interactions.values()]) {
    if (interaction.onlyAgent === undefined || servesSometime(step.state.agents.get(interaction.onlyAgent), interaction.queue)) continue;
    if (interaction.state === "waiting") leave(step, interaction, "no-agents");
    else if (interaction.state === "offered") interaction.expired ??= "no-agents";
  }
}

/** Queues that may have lost their last member by this step. */
function unstaffed(step: Step): QueueState[] {
  return [...step.state.queues.values()].filter((queue) => queue.present.size === 0);
}

function leaveQueues(step: Step, agent: AgentState): void {
  agent.countedAs = undefined;
  for (const own of agent.memberships.values()) {
    const { queue } = own;
    if (queue === undefined) continue;
    queue.members.delete(agent);
    queue.eligible.delete(own);
    queue.staff.delete(agent);
    if (queue.atWork.delete(agent)) step.strained.add(queue);
    queue.wrappingUp.delete(agent);
    queue.present.delete(agent);
  }
}

/** An agent on a call finishes it first; the record goes when the call and the wrap-up are over or at once. */
export function removeAgent(step: Step, agent: AgentState): void {
  agent.removed = true;
  agent.choice = "offline";
  if (agent.reservation !== undefined) rescind(step, agent.reservation, "removed");
  endWrapUp(step, agent);
  refreshAgent(step, agent);
  leaveQueues(step, agent);
  for (const queue of unstaffed(step)) watchEmpty(step, queue);
  clearTimer(step, agent.holdTimer);
  agent.holdTimer = undefined;
  letBoundGo(step);
  if (agent.interactions.size === 0) step.state.agents.delete(agent.id);
}

export function setChoice(step: Step, agent: AgentState, choice: AgentChoice, reason: string | undefined, keepWrapUp = false): void {
  if (agent.removed) return;
  agent.choice = choice;
  agent.reason = reason;
  agent.autoPaused = undefined;
  agent.misses = 0;
  if (isReady(agent)) {
    // Pressing "ready" means it: no rest of wrap-up (but where a break after it is taken back), no pause after a missed call.
    clearTimer(step, agent.holdTimer);
    agent.holdTimer = undefined;
    if (!keepWrapUp) endWrapUp(step, agent);
  } else if (agent.reservation?.phase === "pending") rescind(step, agent.reservation, "agent-not-ready");
  refreshAgent(step, agent);
  // From on demand to available: more may fit, though the agent was free before.
  if (isEligible(agent)) step.freed.push(agent);
}

export function setReachable(step: Step, agent: AgentState, reachable: boolean): void {
  if (agent.reachable === reachable) return;
  agent.reachable = reachable;
  if (reachable) {
    agent.failures = 0;
    clearTimer(step, agent.holdTimer);
    agent.holdTimer = undefined;
    if (agent.autoPaused !== undefined) {
      // The pause was ours, not the agent's: a phone that signs on again is there.
      agent.choice = agent.autoPaused;
      agent.autoPaused = undefined;
      agent.misses = 0;
      agent.reason = undefined;
    }
  } else if (agent.reservation?.phase === "pending") rescind(step, agent.reservation, "agent-unreachable");
  refreshAgent(step, agent);
}

export function setOccupied(step: Step, agent: AgentState, occupied: boolean, wrapUpMs: number): void {
  const before = agent.occupied;
  agent.occupied = occupied;
  // First occupied, then out of wrap-up: there is no moment in which a queue could take the agent.
  if (occupied) endWrapUp(step, agent);
  else if (before && agent.reservation === undefined && loadOf(agent, VOICE) === 0 && wrapUpMs > 0 && !agent.removed) startWrapUp(step, agent, wrapUpMs);
  refreshAgent(step, agent);
}
