import { loadOf, roomFor, VOICE } from "./capacity.js";
import type { AcdEffect, AgentStatus } from "./events.js";
import type { AcdState, AgentState, InteractionState, QueueState, TimerTarget } from "./state.js";

/** One run of the reducer: what changed is collected, matched once at the end. */
export interface Step {
  readonly state: AcdState;
  readonly now: number;
  readonly effects: AcdEffect[];
  /** Agents who became eligible, or whose queues or skills changed; one may be named twice. */
  readonly freed: AgentState[];
  /** Callers who began to wait, whose rules became wider, or for whom one agent less is being rung. */
  readonly loose: Set<InteractionState>;
  readonly touchedQueues: Set<QueueState>;
  /** Queues in which the wait may have become longer without anybody coming or going. */
  readonly strained: Set<QueueState>;
}

export function setTimer(step: Step, at: number, target: TimerTarget): string {
  step.state.sequence += 1;
  const id = `${target.kind}:${step.state.sequence}`;
  step.state.timers.set(id, target);
  step.effects.push({ type: "timer", id, at });
  return id;
}

/** A timer that ends with the caller's stay. */
export function addTimer(step: Step, interaction: InteractionState, afterMs: number, target: TimerTarget & { readonly interaction: InteractionState }): string {
  const id = setTimer(step, step.now + Math.max(0, afterMs), target);
  interaction.timers.add(id);
  return id;
}

export function clearTimer(step: Step, id: string | undefined): void {
  if (id !== undefined && step.state.timers.delete(id)) step.effects.push({ type: "timer-cancel", id });
}

function statusOf(agent: AgentState): AgentStatus {
  if (agent.reservation !== undefined) return "reserved";
  if (loadOf(agent, VOICE) > 0) return "busy";
  if (agent.wrapTimer !== undefined) return "wrap-up";
  if (agent.interactions.size > 0) return "busy";
  if (agent.occupied && !agent.removed) return "occupied";
  if (agent.removed || agent.choice === "offline") return "offline";
  if (agent.choice === "not-ready") return "not-ready";
  if (!agent.reachable) return "unreachable";
  return agent.holdTimer === undefined ? agent.choice : "held";
}

/** Whether the agent could be offered something now; whether this or that says `roomFor`. */
export function isEligible(agent: AgentState): boolean {
  if (agent.status === "available" || agent.status === "on-demand") return true;
  if (agent.status !== "busy" || agent.interactions.size >= agent.capacity.total) return false;
  return agent.wrapTimer === undefined && agent.holdTimer === undefined && !agent.occupied && !agent.removed && agent.reachable && isReady(agent);
}

/** Whether a queue could offer the agent something of the channel now: there, ready, and with room for it. */
export function couldBeOffered(state: AcdState, agentId: string, channel: string): boolean {
  const agent = state.agents.get(agentId);
  return agent !== undefined && agent.memberships.size > 0 && isEligible(agent) && roomFor(agent, channel);
}

/** Wants work, if only on demand. */
export function isReady({ choice }: AgentState): boolean {
  return choice === "available" || choice === "on-demand";
}

/**
 * Whether the agent takes callers of the queue now or after what is at hand. Who has chosen a break, or signed out, for after
 * the talk takes none of those who wait.
 */
export function isAtWork(agent: AgentState, { config }: QueueState): boolean {
  if (agent.removed || !agent.reachable) return false;
  // Who is there for directed work only cannot be waited for.
  return agent.choice === "on-demand" ? config.onDemandAfterMs !== Infinity : agent.choice === "available";
}

/** Whether the agent counts as there: for `joinEmpty` and `leaveEmpty`, not for the wait to be expected. */
export function isStaff(agent: AgentState, queue: QueueState): boolean {
  return isAtWork(agent, queue) || (queue.config.staff === "reachable" && agent.choice === "not-ready" && agent.reachable && !agent.removed);
}

/** Whether callers stay for this agent's sake. */
function isPresent(agent: AgentState, queue: QueueState): boolean {
  const { leaveEmpty } = queue.config;
  return typeof leaveEmpty === "object" ? !agent.removed && !leaveEmpty.includes(agent.status) : isStaff(agent, queue);
}

/** Whoever is away cannot be waited for. */
const AWAY: ReadonlySet<AgentStatus> = new Set<AgentStatus>(["offline", "unreachable", "not-ready"]);

export function isAway(agent: AgentState): boolean {
  return AWAY.has(agent.status);
}

/** The caller is no longer kept for one agent. */
export function unhold(step: Step, interaction: InteractionState): void {
  if (interaction.heldFor === undefined) return;
  interaction.heldFor.awaitedBy.delete(interaction);
  interaction.heldFor = undefined;
  step.loose.add(interaction);
}

/** Brings all that follows from an agent's fields up to date. Call after every change of one. */
export function refreshAgent(step: Step, agent: AgentState): void {
  const before = agent.status;
  const status = statusOf(agent);
  if (status !== before) {
    agent.status = status;
    agent.statusSince = step.now;
    // A ring that came to nothing through no fault of the agent must not cost the place among the idle.
    if ((status === "available" || status === "on-demand") && before !== "reserved") {
      agent.idleSince = agent.idleFrom !== undefined && agent.idleFrom.until >= step.now ? agent.idleFrom.since : step.now;
      agent.idleFrom = undefined;
    }
    step.effects.push({ type: "agent-status", agentId: agent.id, from: before, to: status, reason: status === "not-ready" ? agent.reason : undefined });
  }
  if (AWAY.has(status)) for (const interaction of [...agent.awaitedBy]) unhold(step, interaction);
  const eligible = isEligible(agent);
  const countedAs = agent.removed || !agent.reachable ? "away" : agent.choice;
  const recount = countedAs !== agent.countedAs;
  agent.countedAs = countedAs;
  const wraps = status === "wrap-up";
  const wrapped = agent.wraps;
  agent.wraps = wraps;
  for (const own of agent.memberships.values()) {
    const { queue } = own;
    if (queue === undefined) continue;
    if (!eligible) queue.eligible.delete(own);
    else if (queue.eligible.put(agent, own)) step.freed.push(agent);
    if (recount) {
      if (isStaff(agent, queue)) queue.staff.add(agent);
      else queue.staff.delete(agent);
      if (isAtWork(agent, queue)) queue.atWork.add(agent);
      else if (queue.atWork.delete(agent)) step.strained.add(queue);
    }
    if (wraps || wrapped) {
      if (wraps && queue.atWork.has(agent)) queue.wrappingUp.add(agent);
      else if (queue.wrappingUp.delete(agent)) step.strained.add(queue);
    }
    // By the status where `leaveEmpty` names some.
    if (recount || typeof queue.config.leaveEmpty === "object") countPresent(step, agent, queue);
  }
}

function countPresent(step: Step, agent: AgentState, queue: QueueState): void {
  if (!isPresent(agent, queue)) {
    if (queue.present.delete(agent)) watchEmpty(step, queue);
    return;
  }
  if (queue.present.has(agent)) return;
  queue.present.add(agent);
  clearTimer(step, queue.emptyTimer);
  queue.emptyTimer = undefined;
}

/** Starts the grace of a queue that nobody staffs while callers wait in it. */
export function watchEmpty(step: Step, queue: QueueState): void {
  if (queue.present.size > 0 || queue.emptyTimer !== undefined || queue.removed) return;
  // Only the queue's own callers, who stay whatever happens: ten thousand of them need not be asked each time one comes.
  if (queue.config.leaveEmpty === false && queue.line.length === queue.waiting) return;
  // Guests of another queue may wait here for staff; their own queue says whether they leave.
  if (queue.line.some((interaction) => interaction.queue.config.leaveEmpty !== false)) {
    queue.emptyTimer = setTimer(step, step.now + queue.config.emptyGraceMs, { kind: "empty", queue });
  }
}
