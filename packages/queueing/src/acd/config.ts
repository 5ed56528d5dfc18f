import { QueueingError } from "../errors.js";
import { resolveStrategy } from "../strategies/strategies.js";
import type { Strategy } from "../strategies/strategies.js";
import type { CapacityConfig } from "./capacity.js";
import { resolveCapacity } from "./capacity.js";
import { AGENT_STATUSES } from "./events.js";
import type { AgentStatus } from "./events.js";

/** A queue as configured. All spans in milliseconds. */
export interface QueueConfig {
  readonly key: string;
  /** See `strategyNames()`. Default `longest-idle`. */
  readonly strategy?: string;
  /** An agent free for several queues serves the heaviest one that has a fitting caller. Default 0. */
  readonly weight?: number;
  /** How long one agent is rung. Default 20 000. */
  readonly ringMs?: number;
  /** From the agent's answer until both talk; longer means the attempt failed. Default 20 000. */
  readonly connectMs?: number;
  /** After-call work, unless the agent has an own value. Default 10 000; 0 = none. */
  readonly wrapUpMs?: number;
  /** Longest wait; a caller whose agent is being rung at that moment keeps the chance. Default none. */
  readonly maxWaitMs?: number;
  /** Most callers waiting or ringing; 0 = only callers who find a free agent. Default none. */
  readonly maxLength?: number;
  /** Skill -> lowest level an agent must have for any caller of this queue. */
  readonly skills?: Readonly<Record<string, number>>;
  /** After this wait the skills no longer matter. Default never. */
  readonly relaxSkillsAfterMs?: number;
  /** From this wait on other lowest levels hold for the skills named; 0 = no longer needed. Later steps win over earlier ones. */
  readonly skillSteps?: readonly { readonly afterMs: number; readonly skills: Readonly<Record<string, number>> }[];
  /** How much a skill counts for `most-skilled`. Default 1 each. */
  readonly skillWeights?: Readonly<Record<string, number>>;
  /** Reserve: wait from which agents of tier 1, 2 ... are rung too; tiers beyond the list follow with its last figure. Default: at once, after those of lower tiers. */
  readonly tiersAfterMs?: readonly number[];
  /** So long a caller is kept for the preferred agent while that one is at work; 0 = the preferred agent only goes first when free. Default 0. */
  readonly preferredMs?: number;
  /** Wait from which agents on demand are rung for callers not directed at them, once nobody else is free. `null`: never. Default 0. */
  readonly onDemandAfterMs?: number | null;
  /** `ring-progressively`: one more agent every so often. Default 10 000. */
  readonly progressMs?: number;
  /**
   * Sends callers elsewhere (outcome `diverted`) when the wait to be expected is above `ewtMs`, or there are more than `ratio`
   * callers per agent at work: free, rung, talking or in after-call work, never on a break, whatever `staff` says. Asked on entry; with `whileWaiting` also of the last in line whenever the queue changes.
   * A caller for whom an agent is free is never diverted.
   */
  readonly divert?: { readonly ewtMs?: number; readonly ratio?: number; readonly whileWaiting?: boolean };
  /** Queues whose agents may serve the caller too, after a wait. The caller keeps the place here. */
  readonly overflow?: readonly { readonly afterMs: number; readonly queues: readonly string[] }[];
  /** First announcement after entering. Default none. */
  readonly announceFirstMs?: number;
  /** Between announcements. Default none. */
  readonly announceEveryMs?: number;
  /** A caller who abandons and comes back within this span regains the place; who was moved, in the queue they came to first as well as in the last. Default 0 = off. */
  readonly regainMs?: number;
  /** Let callers in while nobody is staffed. A list: not while every agent is in one of these states. Default true. */
  readonly joinEmpty?: boolean | readonly AgentStatus[];
  /** Send waiting callers on (`no-agents`) when nobody has been staffed for `emptyGraceMs`. A list: when every agent has been in one of these states so long. Default false. */
  readonly leaveEmpty?: boolean | readonly AgentStatus[];
  /** Default 30 000. */
  readonly emptyGraceMs?: number;
  /** Who counts as staff for `joinEmpty` and `leaveEmpty`: all who are reachable and not offline, or only those not in not-ready. Default `reachable`. */
  readonly staff?: "reachable" | "ready";
  /** An agent is left alone for this long after a decline, no answer, busy or failed attempt. Defaults 5 000, 5 000, 5 000; failed starts at 1 000 and doubles up to 60 000. */
  readonly rejectDelayMs?: number;
  readonly noAnswerDelayMs?: number;
  readonly busyDelayMs?: number;
  readonly failDelayMs?: number;
  /** After so many calls missed in a row the agent is put into not-ready (`no-answer`). Default 0 = never. */
  readonly pauseAfterMisses?: number;
}

/** An agent as configured. */
export interface AgentConfig {
  readonly id: string;
  /** Place in the team's fixed order. Default: order of arrival. */
  readonly order?: number;
  readonly queues: readonly { readonly queue: string; /** Serve heavier queues first; share in weighted-random. Above 0, default 1. */ readonly weight?: number; /** 0 = front line (default); higher ones are the reserve, see `tiersAfterMs`. */ readonly tier?: number }[];
  /** Skill -> level, higher is better. */
  readonly skills?: Readonly<Record<string, number>>;
  /** Overrides the queue's. */
  readonly wrapUpMs?: number;
  /** How much of each channel at once. Default: one thing at a time. */
  readonly capacity?: CapacityConfig;
}

export interface ResolvedQueue extends Required<Omit<QueueConfig, "strategy" | "maxWaitMs" | "maxLength" | "relaxSkillsAfterMs" | "divert" | "announceFirstMs" | "announceEveryMs" | "onDemandAfterMs">> {
  /** Infinity: never. */
  readonly onDemandAfterMs: number;
  readonly strategy: Strategy;
  readonly maxWaitMs: number | undefined;
  readonly maxLength: number | undefined;
  readonly relaxSkillsAfterMs: number | undefined;
  readonly divert: QueueConfig["divert"];
  readonly announceFirstMs: number | undefined;
  readonly announceEveryMs: number | undefined;
}

/** Fills in defaults and refuses what makes no sense. */
export function resolveQueue(config: QueueConfig): ResolvedQueue {
  if (config.key === "") throw new QueueingError("INVALID", "A queue needs a key");
  const span = (name: keyof QueueConfig, value: number | undefined, lowest = 0): void => {
    if (value !== undefined && !(Number.isFinite(value) && value >= lowest)) {
      throw new QueueingError("INVALID", `Queue ${config.key}: ${name} must be a number of at least ${lowest}, got ${String(value)}`);
    }
  };
  span("ringMs", config.ringMs, 1);
  span("connectMs", config.connectMs, 1);
  span("wrapUpMs", config.wrapUpMs);
  span("maxWaitMs", config.maxWaitMs);
  span("maxLength", config.maxLength);
  span("relaxSkillsAfterMs", config.relaxSkillsAfterMs);
  span("announceFirstMs", config.announceFirstMs);
  span("announceEveryMs", config.announceEveryMs, 1);
  span("regainMs", config.regainMs);
  span("preferredMs", config.preferredMs);
  span("onDemandAfterMs", config.onDemandAfterMs ?? undefined);
  span("progressMs", config.progressMs, 1);
  span("emptyGraceMs", config.emptyGraceMs);
  span("rejectDelayMs", config.rejectDelayMs);
  span("noAnswerDelayMs", config.noAnswerDelayMs);
  span("busyDelayMs", config.busyDelayMs);
  span("failDelayMs", config.failDelayMs, 1);
  span("pauseAfterMisses", config.pauseAfterMisses);
  for (const step of config.overflow ?? []) span("overflow", step.afterMs);
  for (const step of config.skillSteps ?? []) {
    span("skillSteps", step.afterMs);
    for (const level of Object.values(step.skills)) span("skillSteps", level);
  }
  for (const weight of Object.values(config.skillWeights ?? {})) span("skillWeights", weight);
  let before = 0;
  for (const afterMs of config.tiersAfterMs ?? []) {
    span("tiersAfterMs", afterMs, before);
    before = afterMs;
  }
  span("divert", config.divert?.ewtMs);
  span("divert", config.divert?.ratio);
  for (const name of ["joinEmpty", "leaveEmpty"] as const) {
    const states = config[name];
    if (typeof states !== "object") continue;
    const unknown = states.find((state) => !AGENT_STATUSES.includes(state));
    if (unknown !== undefined) throw new QueueingError("INVALID", `Queue ${config.key}: ${name} names the state "${String(unknown)}"; states are ${AGENT_STATUSES.join(", ")}`);
  }
  if (config.weight !== undefined && !Number.isFinite(config.weight)) throw new QueueingError("INVALID", `Queue ${config.key}: weight must be a number`);
  return {
    key: config.key,
    strategy: resolveStrategy(config.strategy ?? "longest-idle"),
    weight: config.weight ?? 0,
    ringMs: config.ringMs ?? 20_000,
    connectMs: config.connectMs ?? 20_000,
    wrapUpMs: config.wrapUpMs ?? 10_000,
    maxWaitMs: config.maxWaitMs,
    maxLength: config.maxLength,
    skills: config.skills ?? {},
    relaxSkillsAfterMs: config.relaxSkillsAfterMs,
    skillSteps: [...(config.skillSteps ?? [])].sort((a, b) => a.afterMs - b.afterMs),
    skillWeights: config.skillWeights ?? {},
    tiersAfterMs: config.tiersAfterMs ?? [],
    preferredMs: config.preferredMs ?? 0,
    onDemandAfterMs: config.onDemandAfterMs === null ? Infinity : (config.onDemandAfterMs ?? 0),
    progressMs: config.progressMs ?? 10_000,
    divert: config.divert,
    overflow: config.overflow ?? [],
    announceFirstMs: config.announceFirstMs,
    announceEveryMs: config.announceEveryMs,
    regainMs: config.regainMs ?? 0,
    joinEmpty: config.joinEmpty ?? true,
    leaveEmpty: config.leaveEmpty ?? false,
    emptyGraceMs: config.emptyGraceMs ?? 30_000,
    staff: config.staff ?? "reachable",
    rejectDelayMs: config.rejectDelayMs ?? 5_000,
    noAnswerDelayMs: config.noAnswerDelayMs ?? 5_000,
    busyDelayMs: config.busyDelayMs ?? 5_000,
    failDelayMs: config.failDelayMs ?? 1_000,
    pauseAfterMisses: config.pauseAfterMisses ?? 0,
  };
}

export function checkAgent(config: AgentConfig): void {
  if (config.id === "") throw new QueueingError("INVALID", "An agent needs an id");
  resolveCapacity(config.id, config.capacity);
  if (config.wrapUpMs !== undefined && !(Number.isFinite(config.wrapUpMs) && config.wrapUpMs >= 0)) {
    throw new QueueingError("INVALID", `Agent ${config.id}: wrapUpMs must be 0 or more`);
  }
  for (const membership of config.queues) {
    if (membership.weight !== undefined && !(Number.isFinite(membership.weight) && membership.weight > 0)) {
      throw new QueueingError("INVALID", `Agent ${config.id}: the weight in queue ${membership.queue} must be above 0`);
    }
    if (membership.tier !== undefined && !(Number.isInteger(membership.tier) && membership.tier >= 0)) {
      throw new QueueingError("INVALID", `Agent ${config.id}: the tier in queue ${membership.queue} must be 0, 1, 2 ...`);
    }
  }
}
