/** Sums of a queue over some span; see QueueIntervalEntity for what each counts. */
export interface QueueSums {
  offered: number;
  answered: number;
  answeredInTime: number;
  abandoned: number;
  abandonedInTime: number;
  abandonedShort: number;
  timeouts: number;
  refused: number;
  diverted: number;
  exits: number;
  moved: number;
  cut: number;
  waitMs: number;
  longestWaitMs: number;
  abandonedWaitMs: number;
  handled: number;
  talkMs: number;
  wrapUpMs: number;
  expected: number;
  expectedErrorMs: number;
}

export type QueueDelta = Readonly<Partial<QueueSums>>;

export const SUM_NAMES = [
  "offered", "answered", "answeredInTime", "abandoned", "abandonedInTime", "abandonedShort", "timeouts", "refused", "diverted", "exits", "moved", "cut",
  "waitMs", "longestWaitMs", "abandonedWaitMs", "handled", "talkMs", "wrapUpMs", "expected", "expectedErrorMs",
] as const satisfies readonly (keyof QueueSums)[];

/** Where the largest counts instead of the sum. */
const LARGEST: ReadonlySet<keyof QueueSums> = new Set(["longestWaitMs"]);

export function emptySums(): QueueSums {
  return Object.fromEntries(SUM_NAMES.map((name) => [name, 0])) as unknown as QueueSums;
}

/** Adds into `sums`. */
export function addSums(sums: QueueSums, delta: QueueDelta): QueueSums {
  for (const name of SUM_NAMES) sums[name] = LARGEST.has(name) ? Math.max(sums[name], delta[name] ?? 0) : sums[name] + (delta[name] ?? 0);
  return sums;
}

/** Figures as the field defines them; `null` where there is nothing to divide by. Shares are 0 to 1. */
export interface QueueFigures {
  readonly offered: number;
  /** Asked for a person, and left the queue one way or another: without short abandons, those moved on (they count where they arrive) and who still waits. What `connectRate` and `abandonRate` are shares of. */
  readonly asked: number;
  readonly answered: number;
  readonly abandoned: number;
  /** Of these, who gave up within the queue's `shortAbandonSeconds`: in neither rate. */
  readonly abandonedShort: number;
  /** Sent elsewhere, turned away, timed out, left by a key, moved or cut. */
  readonly otherwise: number;
  /** SL: answered within the threshold / answered. */
  readonly serviceLevel: number | null;
  /** SL2: (answered + abandoned, both within the threshold) / (answered + abandoned). */
  readonly serviceLevel2: number | null;
  /** 接通率 of GB/T 33358: answered / asked. */
  readonly connectRate: number | null;
  readonly abandonRate: number | null;
  /** ASA: average speed of answer. */
  readonly averageWaitMs: number | null;
  readonly longestWaitMs: number;
  readonly averageAbandonMs: number | null;
  /** AHT: talk and after-call work of a talk that is over. */
  readonly averageHandleMs: number | null;
  /** How far the wait told on entering was off, on average. */
  readonly expectedErrorMs: number | null;
}

export function queueFigures(sums: QueueSums): QueueFigures {
  const asked = sums.answered + sums.abandoned - sums.abandonedShort + sums.timeouts + sums.refused + sums.diverted + sums.exits + sums.cut;
  return {
    offered: sums.offered,
    asked,
    answered: sums.answered,
    abandoned: sums.abandoned,
    abandonedShort: sums.abandonedShort,
    otherwise: sums.timeouts + sums.refused + sums.diverted + sums.exits + sums.moved + sums.cut,
    serviceLevel: ratio(sums.answeredInTime, sums.answered),
    serviceLevel2: ratio(sums.answeredInTime + sums.abandonedInTime, sums.answered + sums.abandoned),
    connectRate: ratio(sums.answered, asked),
    abandonRate: ratio(sums.abandoned - sums.abandonedShort, asked),
    averageWaitMs: ratio(sums.waitMs, sums.answered),
    longestWaitMs: sums.longestWaitMs,
    averageAbandonMs: ratio(sums.abandonedWaitMs, sums.abandoned),
    averageHandleMs: ratio(sums.talkMs + sums.wrapUpMs, sums.handled),
    expectedErrorMs: ratio(sums.expectedErrorMs, sums.expected),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

/** Milliseconds of an agent in each state, and the talks from queues that ended. */
export interface AgentSums {
  availableMs: number;
  onDemandMs: number;
  reservedMs: number;
  busyMs: number;
  occupiedMs: number;
  wrapUpMs: number;
  heldMs: number;
  notReadyMs: number;
  unreachableMs: number;
  handled: number;
}

export const AGENT_SUM_NAMES = ["availableMs", "onDemandMs", "reservedMs", "busyMs", "occupiedMs", "wrapUpMs", "heldMs", "notReadyMs", "unreachableMs", "handled"] as const satisfies readonly (keyof AgentSums)[];

export function emptyAgentSums(): AgentSums {
  return { availableMs: 0, onDemandMs: 0, reservedMs: 0, busyMs: 0, occupiedMs: 0, wrapUpMs: 0, heldMs: 0, notReadyMs: 0, unreachableMs: 0, handled: 0 };
}

/** Adds into `sums`. */
export function addAgentSums(sums: AgentSums, delta: Readonly<Partial<AgentSums>>): AgentSums {
  for (const name of AGENT_SUM_NAMES) sums[name] += delta[name] ?? 0;
  return sums;
}

/** Figures of one agent, or of several together; `null` where there is nothing to divide by. */
export interface AgentFigures {
  /** Talks from queues that are over. */
  readonly handled: number;
  /** AHT: talk and after-call work per talk, ms. Of a talk that lasts, what has passed so far is in it. */
  readonly averageHandleMs: number | null;
  /** At work / (at work or free for it), 0 to 1. Work: talks of any kind and after-call work; being rung counts as free. */
  readonly occupancy: number | null;
}

export function agentFigures(sums: AgentSums): AgentFigures {
  return { handled: sums.handled, averageHandleMs: ratio(sums.busyMs + sums.wrapUpMs, sums.handled), occupancy: occupancy(sums) };
}

/** Occupancy: at work / (at work or free for it), 0 to 1. */
export function occupancy(spans: Pick<AgentSums, "availableMs" | "onDemandMs" | "reservedMs" | "heldMs" | "busyMs" | "occupiedMs" | "wrapUpMs">): number | null {
  const work = spans.busyMs + spans.occupiedMs + spans.wrapUpMs;
  return ratio(work, work + spans.availableMs + spans.onDemandMs + spans.reservedMs + spans.heldMs);
}
