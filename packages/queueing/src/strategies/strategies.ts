import { QueueingError } from "../errors.js";

/** What a strategy may know of an agent. Times are epoch ms. */
export interface Candidate {
  readonly id: string;
  /** Place in the fixed order of the team, ascending. */
  readonly order: number;
  /** Free for calls since. */
  readonly idleSince: number;
  /** End of the last call, 0 when there was none. */
  readonly lastCallEndedAt: number;
  /** Calls answered since the state was made. */
  readonly callsTaken: number;
  /** Milliseconds talked since the state was made. */
  readonly talkMs: number;
}

export interface StrategyContext {
  readonly now: number;
  /** Order of the agent who was offered the queue's last call; -1 before the first. */
  readonly lastOrder: number;
  /** A number in [0, 1) drawn for this decision, so that random strategies stay reproducible. */
  readonly draw: number;
  /** The agent's weight in the queue (above 0, default 1). */
  weight(candidate: Candidate): number;
  /** Sum of the agent's levels in the skills the caller needs, each times its weight in the queue. */
  skillLevel(candidate: Candidate): number;
}

/** Who is rung first. Pure: the same input gives the same answer. */
export interface Strategy {
  readonly name: StrategyName;
  /**
   * How many are rung at once: one after the other (`one`, the default), everybody who is free (`all`), or one more every
   * `progressMs` while those before go on ringing (`progressive`). The others stop when the first one talks with the caller.
   */
  readonly rings?: "one" | "all" | "progressive";
  /** The lowest score is rung first; equal scores go to the one idle longest, then by order. */
  score(candidate: Candidate, context: StrategyContext): number;
  /** The same order by what the agent alone decides, so that it can be kept from one decision to the next; absent where it hangs on the caller or on chance. */
  readonly standing?: (candidate: Candidate) => number;
  /** The standing order is gone through in turn, from behind the one who was offered the last call. */
  readonly goesRound?: true;
}

export type StrategyName =
  | "longest-idle"
  | "least-recent"
  | "fewest-calls"
  | "least-talk-time"
  | "round-robin"
  | "top-down"
  | "random"
  | "weighted-random"
  | "most-skilled"
  | "ring-all"
  | "ring-progressively";

/** A strategy whose order hangs on the agents alone. */
function byAgent(name: StrategyName, standing: (agent: Candidate) => number, rings: Strategy["rings"] = "one"): Strategy {
  return { name, rings, score: standing, standing };
}

const strategies: Readonly<Record<StrategyName, Strategy>> = {
  "longest-idle": byAgent("longest-idle", (agent) => agent.idleSince),
  "least-recent": byAgent("least-recent", (agent) => agent.lastCallEndedAt),
  "fewest-calls": byAgent("fewest-calls", (agent) => agent.callsTaken),
  "least-talk-time": byAgent("least-talk-time", (agent) => agent.talkMs),
  "round-robin": {
    name: "round-robin",
    // Those after the last one first, then the rest from the top.
    score: (agent, context) => (agent.order > context.lastOrder ? agent.order : agent.order + 1e9),
    standing: (agent) => agent.order,
    goesRound: true,
  },
  "top-down": byAgent("top-down", (agent) => agent.order),
  random: { name: "random", score: (agent, context) => unit(agent.id, context.draw) },
  "weighted-random": {
    name: "weighted-random",
    // Exponential race: the chance of the smallest -ln(u)/w is proportional to w (Efraimidis and Spirakis 2006).
    score: (agent, context) => -Math.log(unit(agent.id, context.draw)) / context.weight(agent),
  },
  "most-skilled": { name: "most-skilled", score: (agent, context) => -context.skillLevel(agent) },
  "ring-all": byAgent("ring-all", (agent) => agent.idleSince, "all"),
  "ring-progressively": byAgent("ring-progressively", (agent) => agent.idleSince, "progressive"),
};

/** Names of Asterisk's app_queue and FreeSWITCH's mod_callcenter that mean one of ours. */
const aliases: Readonly<Record<string, StrategyName>> = {
  "longest-idle-agent": "longest-idle",
  ringall: "ring-all",
  leastrecent: "least-recent",
  fewestcalls: "fewest-calls",
  "agent-with-fewest-calls": "fewest-calls",
  "agent-with-least-talk-time": "least-talk-time",
  rrmemory: "round-robin",
  rrordered: "round-robin",
  linear: "top-down",
  "sequentially-by-agent-order": "top-down",
  wrandom: "weighted-random",
};

/** Every name `resolveStrategy` takes, our own first. */
export function strategyNames(): readonly string[] {
  return [...Object.keys(strategies), ...Object.keys(aliases)];
}

/** The strategy of a name. Unknown names are refused (`HTL_QUEUEING_UNKNOWN_STRATEGY`), never replaced silently. */
export function resolveStrategy(name: string): Strategy {
  const own = Object.hasOwn(strategies, name) ? strategies[name as StrategyName] : undefined;
  const found = own ?? (Object.hasOwn(aliases, name) ? strategies[aliases[name] as StrategyName] : undefined);
  if (found === undefined) throw new QueueingError("UNKNOWN_STRATEGY", `Unknown queue strategy "${name}". Known: ${strategyNames().join(", ")}`);
  return found;
}

/** All candidates in the order in which they would be rung. */
export function rank(strategy: Strategy, candidates: Iterable<Candidate>, context: StrategyContext): Candidate[] {
  return [...candidates]
    .map((candidate) => ({ candidate, score: strategy.score(candidate, context) }))
    .sort((a, b) => a.score - b.score || tieBreak(a.candidate, b.candidate))
    .map((entry) => entry.candidate);
}

type Tied = Pick<Candidate, "id" | "idleSince" | "order">;

/** Order between equal scores: longest idle, then team order, then id. */
export function tieBreak(a: Tied, b: Tied): number {
  return a.idleSince - b.idleSince || a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** A number in (0, 1) fixed by the id and the draw (FNV-1a, then a finalising mix). */
function unit(id: string, draw: number): number {
  let hash = (0x811c9dc5 ^ Math.floor(draw * 0xffffffff)) >>> 0;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return (hash + 1) / 0x100000001;
}
