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
  /** 接通率 of GB/T 33358: answered / (offered - short abandons); those moved on count where they arrive. */
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
  const asked = sums.offered - sums.abandonedShort - sums.moved;
  return {
    offered: sums.offered,
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

/** Occupancy: at work / (at work or free for it), 0 to 1. */
export function occupancy(spans: { readonly availableMs: number; readonly reservedMs: number; readonly heldMs: number; readonly busyMs: number; readonly occupiedMs: number; readonly wrapUpMs: number }): number | null {
  const work = spans.busyMs + spans.occupiedMs + spans.wrapUpMs;
  return ratio(work, work + spans.availableMs + spans.reservedMs + spans.heldMs);
}
