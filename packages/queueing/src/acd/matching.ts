import { tieBreak } from "../strategies/strategies.js";
import { refreshAgent, setTimer } from "./step.js";
import type { Step } from "./step.js";
import type { AgentState, InteractionState, QueueState } from "./state.js";
import { comparePlaces, removeFromLine } from "./waiting-line.js";

/**
 * Joins what the event set free. Before the event nobody waited whom a free agent could serve, so
 * only pairs with a freed agent or a loose caller can be new. Freed agents choose first: they take
 * the caller who is first in line, which may be one who waited before.
 */
export function match(step: Step): void {
  if (step.freed.size > 0) {
    const freed = step.freed.size === 1 ? [...step.freed] : [...step.freed].sort(tieBreak);
    for (const agent of freed) if (agent.status === "available") offerBest(step, agent);
  }
  if (step.loose.size > 0) {
    const loose = step.loose.size === 1 ? [...step.loose] : [...step.loose].sort(comparePlaces);
    for (const interaction of loose) if (interaction.state === "waiting") offerTo(step, interaction);
  }
}

/** Whether the agent has what the caller needs. */
export function fits(agent: AgentState, interaction: InteractionState): boolean {
  if (interaction.skillsRelaxed) return true;
  return has(agent.skills, interaction.skills) && has(agent.skills, interaction.queue.config.skills);
}

function has(skills: Readonly<Record<string, number>>, needed: Readonly<Record<string, number>>): boolean {
  for (const skill in needed) {
    const level = skills[skill];
    if (level === undefined || level < (needed[skill] as number)) return false;
  }
  return true;
}

function offerBest(step: Step, agent: AgentState): void {
  let best: InteractionState | undefined;
  let bestQueue: QueueState | undefined;
  let bestWeight = 0;
  for (const [key, weight] of agent.memberships) {
    const queue = step.state.queues.get(key);
    if (queue === undefined || queue.removed) continue;
    const first = queue.line.find((interaction) => fits(agent, interaction));
    if (first === undefined) continue;
    const order = best === undefined || bestQueue === undefined ? -1 : bestQueue.config.weight - queue.config.weight || bestWeight - weight || comparePlaces(first, best);
    if (order < 0) {
      best = first;
      bestQueue = queue;
      bestWeight = weight;
    }
  }
  if (best !== undefined && bestQueue !== undefined) offer(step, best, agent, bestQueue);
}

function offerTo(step: Step, interaction: InteractionState): void {
  for (const queue of interaction.servedBy) {
    const agent = choose(step, interaction, queue);
    if (agent !== undefined) return offer(step, interaction, agent, queue);
  }
}

function choose(step: Step, interaction: InteractionState, queue: QueueState): AgentState | undefined {
  if (queue.eligible.size === 0) return undefined;
  const key = queue.config.key;
  const { strategy } = queue.config;
  const context = {
    now: step.now,
    lastOrder: queue.lastOrder,
    draw: strategy.name === "random" || strategy.name === "weighted-random" ? draw(step) : 0,
    weight: (candidate: { readonly id: string }) => step.state.agents.get(candidate.id)?.memberships.get(key) ?? 1,
    skillLevel: (candidate: { readonly id: string }) => {
      const skills = step.state.agents.get(candidate.id)?.skills ?? {};
      let sum = 0;
      for (const skill in interaction.skills) sum += skills[skill] ?? 0;
      for (const skill in queue.config.skills) if (!(skill in interaction.skills)) sum += skills[skill] ?? 0;
      return sum;
    },
  };
  let best: AgentState | undefined;
  let bestScore = 0;
  let bestTried = false;
  for (const agent of queue.eligible) {
    if (!fits(agent, interaction)) continue;
    if (agent.id === interaction.preferredAgent && !interaction.tried.has(agent.id)) return agent;
    const tried = interaction.tried.has(agent.id);
    const score = strategy.score(agent, context);
    const better = best === undefined || (bestTried !== tried ? bestTried : score !== bestScore ? score < bestScore : tieBreak(agent, best) < 0);
    if (better) {
      best = agent;
      bestScore = score;
      bestTried = tried;
    }
  }
  return best;
}

/** mulberry32: small, good enough to spread calls, and part of the state. */
function draw(step: Step): number {
  step.state.random = (step.state.random + 0x6d2b79f5) >>> 0;
  let x = step.state.random;
  x = Math.imul(x ^ (x >>> 15), x | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
}

function offer(step: Step, interaction: InteractionState, agent: AgentState, queue: QueueState): void {
  for (const served of interaction.servedBy) removeFromLine(served.line, interaction);
  interaction.queue.waiting -= 1;
  interaction.queue.offered += 1;
  interaction.state = "offered";
  interaction.attempts += 1;
  step.state.sequence += 1;
  const reservation = { id: `${step.state.reservationPrefix}${step.state.sequence}`, agent, interaction, queue, phase: "pending" as const, timer: "" };
  step.state.reservations.set(reservation.id, reservation);
  interaction.reservation = reservation;
  agent.reservation = reservation;
  agent.activity = "reserved";
  queue.lastOrder = agent.order;
  refreshAgent(step, agent);
  step.effects.push({ type: "offer", reservationId: reservation.id, agentId: agent.id, interactionId: interaction.id, queue: queue.config.key, ringMs: queue.config.ringMs, attempt: interaction.attempts });
  reservation.timer = setTimer(step, step.now + queue.config.ringMs, { kind: "offer", reservation });
}
