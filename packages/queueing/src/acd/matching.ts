import { tieBreak } from "../strategies/strategies.js";
import type { Candidate } from "../strategies/strategies.js";
import { roomFor } from "./capacity.js";
import { isListed, onDemand } from "./eligible-agents.js";
import { offerId } from "./open-offers.js";
import { addTimer, isEligible, refreshAgent, setTimer } from "./step.js";
import type { Step } from "./step.js";
import type { AgentState, InteractionState, Membership, OfferRound, QueueState, Reservation } from "./state.js";
import { comparePlaces, removeFromLine } from "./waiting-line.js";
import { tierAfterMs } from "./waiting-rules.js";

/**
 * Joins what the event set free. Before the event nobody waited whom a free agent could serve, so
 * only pairs with a freed agent or a loose caller can be new. Freed agents choose first: they take
 * the caller who is first in line, which may be one who waited before.
 */
export function match(step: Step): void {
  if (step.freed.length > 0) {
    const freed = step.freed.length === 1 ? step.freed : step.freed.toSorted((a, b) => onDemand(a) - onDemand(b) || tieBreak(a, b));
    for (const agent of freed) if (isEligible(agent)) offerBest(step, agent);
  }
  if (step.loose.size > 0) {
    const loose = step.loose.size === 1 ? [...step.loose] : [...step.loose].sort(comparePlaces);
    for (const interaction of loose) {
      if (interaction.state === "waiting") offerTo(step, interaction);
      else ringOthers(step, interaction);
    }
  }
}

/** Whether the agent may serve the caller through this queue now: room, skills, reserve, on demand, a caller kept for somebody else. */
export function fits(agent: AgentState, interaction: InteractionState, queue: QueueState, own = agent.memberships.get(queue.config.key)): boolean {
  if (interaction.heldFor !== undefined && interaction.heldFor !== agent) return false;
  if ((interaction.onlyAgent ?? agent.id) !== agent.id || interaction.exceptAgent === agent.id) return false;
  // Early: of many who are looked at most lack a skill.
  if (!hasSkills(agent, interaction) || !roomFor(agent, interaction.channel)) return false;
  if (onDemand(agent) === 1 && interaction.preferredAgent !== agent.id && interaction.ripeMs < queue.config.onDemandAfterMs) return false;
  return own !== undefined && (own.tier === 0 || tierAfterMs(queue, own) <= interaction.ripeMs);
}

/** The level under this very name: what every object inherits (`constructor`, `__proto__`) is none. */
function levelOf(levels: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(levels, name) ? levels[name] : undefined;
}

/** Whether the agent has what the caller needs. */
export function hasSkills({ skills }: AgentState, { needs }: InteractionState): boolean {
  // Not `own < level`: without the skill there is no level.
  for (const [skill, level] of needs) if (!((levelOf(skills, skill) as number) >= level)) return false;
  return true;
}

function offerBest(step: Step, agent: AgentState): void {
  let best: InteractionState | undefined;
  let bestQueue: QueueState | undefined;
  let bestOwn: Membership | undefined;
  for (const own of agent.memberships.values()) {
    const { queue } = own;
    if (queue === undefined || queue.removed) continue;
    const first = queue.line.find((interaction) => fits(agent, interaction, queue, own));
    if (first === undefined) continue;
    if (best === undefined || bestQueue === undefined || bestOwn === undefined || goesBefore(step, { queue, own, first }, { queue: bestQueue, own: bestOwn, first: best })) {
      best = first;
      bestQueue = queue;
      bestOwn = own;
    }
  }
  if (best === undefined || bestQueue === undefined) return ringAlong(step, agent);
  if (onDemand(agent) === 0) return offer(step, best, agent, bestQueue);
  // Somebody else who is free goes first; then the next caller may be for this agent.
  offerTo(step, best);
  if (isEligible(agent)) offerBest(step, agent);
}

/** Whether the agent may be rung beside others. */
function mayRingAlong(agent: AgentState, interaction: InteractionState, queue: QueueState): boolean {
  return !interaction.tried.has(agent.id) && fits(agent, interaction, queue) && (isRungWithAny(agent, interaction) || [...interaction.reservations].every((other) => onDemand(other.agent) === 1));
}

/** Who serves on demand is rung along with nobody but their like. */
function isRungWithAny(agent: AgentState, { preferredAgent }: InteractionState): boolean {
  return onDemand(agent) === 0 || agent.id === preferredAgent;
}

/** Everybody who is free and may be rung beside those who are rung, or beside the `first` who is about to be, in the order in which they are. */
function restToRing(interaction: InteractionState, queue: QueueState, first?: AgentState): AgentState[] {
  const { tried } = interaction;
  let onlyOnDemand = first === undefined ? [...interaction.reservations].every(({ agent }) => onDemand(agent) === 1) : onDemand(first) === 1;
  return queue.eligible.filter((agent, own) => {
    if (agent === first || (tried.size > 0 && tried.has(agent.id)) || !fits(agent, interaction, queue, own)) return false;
    if (!onlyOnDemand && !isRungWithAny(agent, interaction)) return false;
    if (onDemand(agent) === 0) onlyOnDemand = false;
    return true;
  });
}

interface Choice {
  readonly queue: QueueState;
  readonly own: Membership;
  readonly first: InteractionState;
}

/** Between the first callers of two queues of one agent. */
function goesBefore(step: Step, a: Choice, b: Choice): boolean {
  const { weightWorthMs } = step.state;
  const byQueue = b.queue.config.weight - a.queue.config.weight;
  if (weightWorthMs === undefined) return (byQueue || a.own.tier - b.own.tier || b.own.weight - a.own.weight || comparePlaces(a.first, b.first)) < 0;
  // Weight and wait against each other; strict priorities still go first.
  return (a.first.major - b.first.major || a.first.minor - b.first.minor + byQueue * weightWorthMs || a.first.seq - b.first.seq) < 0;
}

/** Nobody waits for this agent: rung along for the first caller for whom everybody is being rung. */
function ringAlong(step: Step, agent: AgentState): void {
  let best: InteractionState | undefined;
  let bestQueue: QueueState | undefined;
  for (const { queue } of agent.memberships.values()) {
    if (queue === undefined) continue;
    for (const interaction of queue.ringing) {
      if (interaction.winner !== undefined || interaction.expired !== undefined || !mayRingAlong(agent, interaction, queue)) continue;
      if (best === undefined || comparePlaces(interaction, best) < 0) {
        best = interaction;
        bestQueue = queue;
      }
    }
  }
  if (best !== undefined && bestQueue !== undefined) offer(step, best, agent, bestQueue);
}

/** One of those rung for the caller has dropped out: whoever is free by now is rung along. */
function ringOthers(step: Step, interaction: InteractionState): void {
  const queue = interaction.rungBy;
  if (queue === undefined || !queue.ringing.has(interaction) || interaction.winner !== undefined || interaction.expired !== undefined) return;
  const rest = restToRing(interaction, queue);
  if (rest.length > 0) ring(step, interaction, rest, queue);
}

export function offerTo(step: Step, interaction: InteractionState): void {
  for (const queue of interaction.servedBy) {
    const agent = choose(step, interaction, queue);
    if (agent === undefined) continue;
    return offer(step, interaction, agent, queue);
  }
}

/** One more agent for a caller while the others go on ringing. */
export function widen(step: Step, interaction: InteractionState): void {
  const queue = interaction.rungBy;
  if (queue === undefined || queue.removed || interaction.state !== "offered" || interaction.winner !== undefined || interaction.expired !== undefined) return;
  const agent = choose(step, interaction, queue, true);
  if (agent !== undefined) offer(step, interaction, agent, queue);
  addTimer(step, interaction, queue.config.progressMs, { kind: "widen", interaction });
}

/** @param fresh leaves out who missed or declined the caller */
function choose(step: Step, interaction: InteractionState, queue: QueueState, fresh = false): AgentState | undefined {
  if (queue.eligible.size === 0) return undefined;
  return preferred(step, interaction, queue) ?? (queue.config.strategy.standing === undefined ? bestScore(step, interaction, queue, fresh) : firstInOrder(interaction, queue, fresh));
}

/** Who is to serve the caller before all others, unless it was tried. */
function preferred({ state }: Step, interaction: InteractionState, queue: QueueState): AgentState | undefined {
  const agent = interaction.preferredAgent === undefined || interaction.tried.has(interaction.preferredAgent) ? undefined : state.agents.get(interaction.preferredAgent);
  const own = agent?.memberships.get(queue.config.key);
  return agent !== undefined && own !== undefined && isListed(own) && fits(agent, interaction, queue) ? agent : undefined;
}

/** Where the order is kept: the first who fits; of those who missed or declined the caller only if there is nobody else. */
function firstInOrder(interaction: InteractionState, queue: QueueState, fresh: boolean): AgentState | undefined {
  const { tried } = interaction;
  let again: AgentState | undefined;
  const found = queue.eligible.first((agent, own) => {
    if (!tried.has(agent.id)) return fits(agent, interaction, queue, own);
    if (!fresh && again === undefined && fits(agent, interaction, queue, own)) again = agent;
    return false;
  }, queue.lastOrder);
  return found ?? again;
}

/** Where it is drawn, or hangs on the caller: everybody is looked at who may have the skills. */
function bestScore(step: Step, interaction: InteractionState, queue: QueueState, fresh: boolean): AgentState | undefined {
  const key = queue.config.key;
  const { strategy, skillWeights } = queue.config;
  const counted = [...new Set([...Object.keys(interaction.skills), ...Object.keys(queue.config.skills)])].map((skill) => [skill, levelOf(skillWeights, skill) ?? 1] as const);
  // Asked of nobody but those below.
  const context = {
    now: step.now,
    lastOrder: queue.lastOrder,
    draw: strategy.name === "random" || strategy.name === "weighted-random" ? draw(step) : 0,
    weight: (candidate: Candidate) => (candidate as AgentState).memberships.get(key)?.weight ?? 1,
    skillLevel: (candidate: Candidate) => {
      const { skills } = candidate as AgentState;
      let sum = 0;
      for (const [skill, worth] of counted) sum += (levelOf(skills, skill) ?? 0) * worth;
      return sum;
    },
  };
  let best: AgentState | undefined;
  let lowest = 0;
  let bestTried = false;
  let bestLast = 0;
  let bestTier = 0;
  for (const agent of queue.eligible.having(interaction.needs.map(([skill]) => skill))) {
    const tried = interaction.tried.has(agent.id);
    if (tried && fresh) continue;
    const last = onDemand(agent);
    const tier = agent.memberships.get(key)?.tier ?? 0;
    const score = strategy.score(agent, context);
    const better = best === undefined || (bestTried !== tried ? bestTried : last !== bestLast ? last < bestLast : tier !== bestTier ? tier < bestTier : score !== lowest ? score < lowest : tieBreak(agent, best) < 0);
    // Last, since it costs most: of many who are free few would come before the best so far.
    if (better && fits(agent, interaction, queue)) {
      best = agent;
      lowest = score;
      bestTried = tried;
      bestLast = last;
      bestTier = tier;
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

/** Rings the agent for the caller; at the beginning, where the strategy says so, everybody else who is free too. */
export function offer(step: Step, interaction: InteractionState, agent: AgentState, queue: QueueState, pickedUp = false): void {
  if (interaction.state !== "waiting") return ring(step, interaction, [agent], queue, pickedUp);
  for (const served of interaction.servedBy) removeFromLine(served.line, interaction);
  interaction.queue.waiting -= 1;
  interaction.queue.offered += 1;
  interaction.state = "offered";
  interaction.rungBy = queue;
  interaction.rings = queue.config.strategy.rings ?? "one";
  if (interaction.rings === "all") {
    // A new round: who declined or missed the last one is rung again.
    interaction.tried.clear();
    queue.ringing.add(interaction);
    return ring(step, interaction, [agent, ...restToRing(interaction, queue, agent)], queue);
  }
  ring(step, interaction, [agent], queue);
  if (interaction.rings === "progressive") addTimer(step, interaction, queue.config.progressMs, { kind: "widen", interaction });
}

/** Rings the agents, one or thousands, for the caller, all for the same time. */
function ring(step: Step, interaction: InteractionState, agents: readonly AgentState[], queue: QueueState, pickedUp = false): void {
  const { state, effects } = step;
  const ringMs = interaction.ringMs ?? queue.config.ringMs;
  state.sequence += 1;
  const round: OfferRound = { kind: "offer", id: `${state.reservationPrefix}${state.sequence}`, timer: "", reservations: [], ringing: agents.length, open: agents.length };
  round.reservations = agents.map((agent, index) => {
    interaction.attempts += 1;
    const reservation: Reservation = { id: offerId(round.id, index), agent, interaction, queue, phase: "pending", round, joinTimer: undefined };
    if (interaction.yields) state.yielding.add(reservation);
    interaction.reservations.add(reservation);
    agent.reservation = reservation;
    queue.lastOrder = agent.order;
    refreshAgent(step, agent);
    const effect = { type: "offer", reservationId: reservation.id, agentId: agent.id, interactionId: interaction.id, queue: queue.config.key, ringMs, attempt: interaction.attempts } as const;
    effects.push(pickedUp ? { ...effect, pickedUp } : effect);
    return reservation;
  });
  state.reservations.add(round);
  round.timer = setTimer(step, step.now + ringMs, round);
}
