import type { Strategy } from "../strategies/strategies.js";
import type { Capacity } from "./capacity.js";
import type { ResolvedQueue } from "./config.js";
import type { EligibleAgents, Place } from "./eligible-agents.js";
import type { AgentChoice, AgentStatus, LeftOutcome } from "./events.js";
import { roomFor, takes, VOICE } from "./capacity.js";
import { OpenOffers } from "./open-offers.js";
import { placeInLine } from "./waiting-line.js";

export interface AcdOptions {
  /**
   * Aging: one step of priority is worth this much waiting, so a caller of priority 0 who has waited
   * longer than that goes before one of priority 1 who has just come. FIFO within equal priority
   * either way. Default none: priorities are strict.
   */
  readonly priorityWorthMs?: number;
  /**
   * Fairness over queues: one step of queue weight is worth this much waiting, so that a light queue does not starve beside a
   * heavy one. Default none: heavier queues strictly first; equal weights by who came first.
   */
  readonly weightWorthMs?: number;
  /** After-call work extended beyond this, since it began, puts the agent into not-ready (`wrap-up`). Default none. */
  readonly wrapUpMaxMs?: number;
  /** Start of reservation ids, so that they differ between processes. Default `r`. */
  readonly reservationPrefix?: string;
  /** Seed of the random strategies. Default 1. */
  readonly seed?: number;
}

export interface QueueState {
  config: ResolvedQueue;
  frozen: boolean;
  removed: boolean;
  /** Waiting callers in the order of service; also callers of other queues who overflowed here. */
  readonly line: InteractionState[];
  readonly members: Set<AgentState>;
  /** Members who could be offered a call now. */
  readonly eligible: EligibleAgents;
  /** Members who count as staff. */
  readonly staff: Set<AgentState>;
  /** Members who take the calls that come next: what the wait to be expected is divided by, whatever `staff` says. */
  readonly atWork: Set<AgentState>;
  /** Those of them in after-call work: when it ends is known. */
  readonly wrappingUp: Set<AgentState>;
  /** Members for whose sake callers stay, where `leaveEmpty` is a list. */
  readonly present: Set<AgentState>;
  /** Callers for whom everybody is being rung through this queue. */
  readonly ringing: Set<InteractionState>;
  /** Callers of this queue being offered. */
  offered: number;
  /** Callers of this queue in the line (without guests). */
  waiting: number;
  lastOrder: number;
  emptyTimer: string | undefined;
  /** Smoothed time an agent is taken by a call, for the expected wait. */
  handleMs: number;
}

export interface Membership {
  readonly weight: number;
  readonly tier: number;
  /** While there is such a queue. */
  queue: QueueState | undefined;
  /** The last one the agent was given among those of the queue who could be offered something. */
  place: Place | undefined;
}

export interface AgentState {
  readonly id: string;
  order: number;
  readonly memberships: Map<string, Membership>;
  /** Callers kept for this agent for a while. */
  readonly awaitedBy: Set<InteractionState>;
  skills: Readonly<Record<string, number>>;
  wrapUpMs: number | undefined;
  capacity: Capacity;
  choice: AgentChoice;
  reason: string | undefined;
  /** What was chosen before we put the agent into not-ready for missing calls. */
  autoPaused: AgentChoice | undefined;
  reachable: boolean;
  occupied: boolean;
  removed: boolean;
  status: AgentStatus;
  statusSince: number;
  /** As whom the queues count the agent: what was chosen, or `away`. `undefined`: to be counted anew. */
  countedAs: AgentChoice | "away" | undefined;
  /** Queues count the agent among those in after-call work. */
  wraps: boolean;
  holdTimer: string | undefined;
  wrapTimer: string | undefined;
  wrapSince: number;
  wrapUntil: number;
  /** One offer at a time, however much the agent may have. */
  reservation: Reservation | undefined;
  /** What the agent is at. */
  readonly interactions: Set<InteractionState>;
  idleSince: number;
  /** Idle since before this process, if available again until then. */
  idleFrom: { since: number; until: number } | undefined;
  lastCallEndedAt: number;
  callsTaken: number;
  talkMs: number;
  misses: number;
  failures: number;
}

export interface InteractionState {
  readonly id: string;
  queue: QueueState;
  /** Key of the queue into which the caller came: another than `queue` once moved. */
  readonly cameTo: string;
  priority: number;
  /** What of it is due to a change while it waited. */
  raisedBy: number;
  readonly skills: Readonly<Record<string, number>>;
  readonly callerKey: string | undefined;
  readonly channel: string;
  readonly preferredAgent: string | undefined;
  readonly preferredMs: number | undefined;
  /** Nobody else may serve it. */
  readonly onlyAgent: string | undefined;
  /** Its offers make room for what cannot wait. */
  readonly yields: boolean;
  /** May not serve it. */
  readonly exceptAgent: string | undefined;
  readonly ringMs: number | undefined;
  readonly patient: boolean;
  /** Into the present queue. */
  enteredAt: number;
  /** Time that counts for the place: earlier than `enteredAt` when the place was regained. */
  placeAt: number;
  seq: number;
  state: "waiting" | "offered" | "connected";
  /** Sort key of the line. */
  major: number;
  minor: number;
  /** Queues whose agents may serve: the own one first. */
  readonly servedBy: QueueState[];
  /** Wait up to which the queue's rules have been applied. */
  ripeMs: number;
  ruleTimer: string | undefined;
  limitTimer: string | undefined;
  /** Skills needed at present, with the lowest level. */
  needs: readonly (readonly [skill: string, level: number])[];
  /** While set, only this agent may serve. */
  heldFor: AgentState | undefined;
  /** Agents who missed or declined this caller: others are rung first. */
  readonly tried: Set<string>;
  readonly timers: Set<string>;
  /** No new offer: how the caller leaves when the present one comes to nothing. */
  expired: LeftOutcome | undefined;
  announcements: number;
  /** What was announced last. */
  toldAhead: number;
  toldWaitMs: number;
  /** Expected on entering. */
  expectedWaitMs: number;
  attempts: number;
  /** Agents being rung; several only with strategies that ring more than one. */
  readonly reservations: Set<Reservation>;
  /** Who answered first. */
  winner: Reservation | undefined;
  /** Through which queue agents are being rung, and how; new rules count from the next round on. */
  rungBy: QueueState | undefined;
  rings: NonNullable<Strategy["rings"]>;
  agent: AgentState | undefined;
  connectedAt: number;
}

export interface Reservation {
  readonly id: string;
  readonly agent: AgentState;
  readonly interaction: InteractionState;
  /** The queue whose rules count: the one through which the agent was found. */
  readonly queue: QueueState;
  phase: "pending" | "accepted";
  readonly round: OfferRound;
  /** Ends the joining, once accepted. */
  joinTimer: string | undefined;
}

/** All who began to ring for one caller at once. One timer ends the ringing: thousands of telephones need no thousands of them. */
export interface OfferRound {
  readonly kind: "offer";
  readonly id: string;
  timer: string;
  /** Also those that are over, as long as one is not. */
  reservations: readonly Reservation[];
  /** How many of them still hang on the timer. */
  ringing: number;
  /** How many of them are not over. */
  open: number;
}

export type TimerTarget =
  | OfferRound
  | { readonly kind: "join"; readonly reservation: Reservation }
  | { readonly kind: "hold" | "wrap"; readonly agent: AgentState }
  | { readonly kind: "max-wait" | "announce" | "widen"; readonly interaction: InteractionState }
  /** `ripeMs`: the wait it was set for. Reckoned back from the time of a clock that counts parts of a millisecond it might come out shorter, and the timer would be set again for ever. */
  | { readonly kind: "rules"; readonly interaction: InteractionState; readonly ripeMs: number }
  | { readonly kind: "empty"; readonly queue: QueueState };

/** Where a caller stood who has left against their will, or given up. */
export interface KeptPlace {
  readonly placeAt: number;
  /** Order among places of the same millisecond. */
  readonly placeSeq: number;
  readonly leftAt: number;
  /** Who was talking with the caller. */
  readonly agentId: string | undefined;
  /** See `InteractionState.raisedBy`. */
  readonly raisedBy: number;
  /** Keys of the queues in which it counts, once: the last one, and where the caller came in before being moved. */
  readonly queues: readonly string[];
}

/** The whole state of an ACD. Opaque: read it by the views, change it by `reduce`. */
export interface AcdState {
  readonly queues: Map<string, QueueState>;
  readonly agents: Map<string, AgentState>;
  readonly interactions: Map<string, InteractionState>;
  readonly reservations: OpenOffers;
  /** Those of interactions that yield. */
  readonly yielding: Set<Reservation>;
  readonly timers: Map<string, TimerTarget>;
  /** Places of callers who abandoned or were cut off, by queue and caller, oldest first. */
  readonly places: Map<string, KeptPlace>;
  readonly priorityWorthMs: number | undefined;
  readonly weightWorthMs: number | undefined;
  readonly wrapUpMaxMs: number;
  readonly reservationPrefix: string;
  sequence: number;
  random: number;
}

export function createAcdState(options: AcdOptions = {}): AcdState {
  return {
    queues: new Map(),
    agents: new Map(),
    interactions: new Map(),
    reservations: new OpenOffers(options.reservationPrefix ?? "r"),
    yielding: new Set(),
    timers: new Map(),
    places: new Map(),
    priorityWorthMs: options.priorityWorthMs,
    weightWorthMs: options.weightWorthMs,
    wrapUpMaxMs: options.wrapUpMaxMs ?? Infinity,
    reservationPrefix: options.reservationPrefix ?? "r",
    sequence: 0,
    random: (options.seed ?? 1) >>> 0,
  };
}

export interface AgentView {
  readonly id: string;
  readonly status: AgentStatus;
  readonly statusSince: number;
  readonly choice: AgentChoice;
  readonly reason: string | undefined;
  readonly autoPaused: boolean;
  readonly reachable: boolean;
  /** What the agent is at, calls first; else what is being offered. */
  readonly interactionId: string | undefined;
  readonly interactions: readonly { readonly id: string; readonly channel: string }[];
  /** Has nothing that forbids a telephone call besides. */
  readonly roomForCall: boolean;
  readonly reservationId: string | undefined;
  /** Channel of what the agent is being asked to take, and has not answered yet. */
  readonly offered: string | undefined;
  /** Epoch ms, while in wrap-up. */
  readonly wrapUntil: number | undefined;
  readonly callsTaken: number;
  readonly talkMs: number;
  readonly queues: readonly string[];
}

export interface QueueView {
  readonly key: string;
  readonly strategy: Strategy["name"];
  readonly frozen: boolean;
  /** Callers waiting, without those whose agent is being rung. */
  readonly waiting: number;
  readonly offered: number;
  /** Since when the first in line waits. */
  readonly oldestAt: number | undefined;
  /** Channel of who that is. */
  readonly oldestChannel: string | undefined;
  readonly members: number;
  readonly staffed: number;
  /**
   * Members who could be offered a telephone call now: an agent in a call with room left for a chat is not one of them. In a queue of
   * which no member takes calls, members who have room for anything.
   */
  readonly available: number;
  /** What a caller who came now would have to expect, in milliseconds; 0 when more are available than wait for the same. */
  readonly expectedWaitMs: number;
}

export interface InteractionView {
  readonly id: string;
  readonly queue: string;
  readonly channel: string;
  readonly state: "waiting" | "offered" | "connected";
  readonly priority: number;
  /** What of it is due to a change of it. */
  readonly raisedBy: number;
  readonly enteredAt: number;
  readonly placeAt: number;
  /** Nobody else may serve it. */
  readonly onlyAgent: string | undefined;
  /** Who talks, has answered, or is rung first. */
  readonly agentId: string | undefined;
}

export function agentView(state: AcdState, id: string): AgentView | undefined {
  const agent = state.agents.get(id);
  if (agent === undefined) return undefined;
  const interactions = [...agent.interactions].map(({ id, channel }) => ({ id, channel })).sort((a, b) => Number(b.channel === VOICE) - Number(a.channel === VOICE));
  return {
    id,
    status: agent.status,
    statusSince: agent.statusSince,
    choice: agent.choice,
    reason: agent.reason,
    autoPaused: agent.autoPaused !== undefined,
    reachable: agent.reachable,
    interactionId: interactions[0]?.id ?? agent.reservation?.interaction.id,
    interactions,
    roomForCall: roomFor(agent, VOICE),
    reservationId: agent.reservation?.id,
    offered: agent.reservation?.phase === "pending" ? agent.reservation.interaction.channel : undefined,
    wrapUntil: agent.wrapTimer !== undefined ? agent.wrapUntil : undefined,
    callsTaken: agent.callsTaken,
    talkMs: agent.talkMs,
    queues: [...agent.memberships.keys()],
  };
}

/** @param now without it the wait to be expected takes no account of after-call work that ends soon */
export function queueView(state: AcdState, key: string, now?: number): QueueView | undefined {
  const queue = state.queues.get(key);
  if (queue === undefined) return undefined;
  const calls = takesCalls(queue);
  const oldest = queue.line.find((interaction) => interaction.queue === queue);
  let available = 0;
  for (const agent of queue.eligible) if (!calls || roomFor(agent, VOICE)) available += 1;
  return {
    key,
    strategy: queue.config.strategy.name,
    frozen: queue.frozen,
    waiting: queue.waiting,
    offered: queue.offered,
    oldestAt: oldest?.enteredAt,
    oldestChannel: oldest?.channel,
    members: queue.members.size,
    staffed: queue.staff.size,
    available,
    expectedWaitMs: available > 0 && available > rivals(queue, calls) ? 0 : expectedWaitMs(state, queue, queue.line.length, now),
  };
}

/** Those in line who want the same agents: chats that wait because everybody has their fill of them keep no caller from an agent free to talk. */
function rivals({ line }: QueueState, calls: boolean): number {
  return calls ? line.filter(({ channel }) => channel === VOICE).length : line.length;
}

function takesCalls({ members }: QueueState): boolean {
  for (const agent of members) if (takes(agent, VOICE)) return true;
  return members.size === 0;
}

export function interactionView(state: AcdState, id: string): InteractionView | undefined {
  const interaction = state.interactions.get(id);
  if (interaction === undefined) return undefined;
  return {
    id,
    queue: interaction.queue.config.key,
    channel: interaction.channel,
    state: interaction.state,
    priority: interaction.priority,
    raisedBy: interaction.raisedBy,
    enteredAt: interaction.enteredAt,
    placeAt: interaction.placeAt,
    onlyAgent: interaction.onlyAgent,
    agentId: (interaction.agent ?? interaction.winner?.agent ?? [...interaction.reservations][0]?.agent)?.id,
  };
}

/** Callers who will be served before this one in its queue, or `undefined` when it does not wait. */
export function aheadOf(state: AcdState, interactionId: string): number | undefined {
  const interaction = state.interactions.get(interactionId);
  if (interaction === undefined || interaction.state !== "waiting") return undefined;
  return placeInLine(interaction.queue.line, interaction);
}

/**
 * A rough wait: callers ahead and oneself, each taking one of the agents at work for the usual time; no longer than until as many agents are
 * through with their after-call work, whose end is known. With nobody at work it is reckoned as for a single agent who may come.
 */
export function expectedWaitMs(state: AcdState, queue: QueueState, ahead: number, now: number | undefined): number {
  const rough = Math.round(((ahead + 1) * queue.handleMs) / agentsAtWork(queue));
  if (now === undefined || ahead >= queue.wrappingUp.size) return rough;
  const ends = [...queue.wrappingUp].map(({ wrapSince, wrapUntil }) => Math.min(wrapUntil, wrapSince + state.wrapUpMaxMs)).sort((a, b) => a - b);
  return Math.min(rough, Math.max(0, Math.round((ends[ahead] ?? Infinity) - now)));
}

/** Those who will take the next callers: free, held, ringing, talking or in after-call work; on demand where such agents are rung. Nobody on a break. At least 1. */
export function agentsAtWork(queue: QueueState): number {
  return Math.max(1, queue.atWork.size);
}
