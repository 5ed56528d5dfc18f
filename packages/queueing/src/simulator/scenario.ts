import { z } from "zod";
import { QueueingError } from "../errors.js";
import { AGENT_STATUSES } from "../acd/events.js";
import { strategyNames } from "../strategies/strategies.js";
import { distribution } from "./distribution.js";

/** Most days of a play. */
const MAX_DAYS = 1000;
/** Most callers of a play: they are drawn before it begins, and kept. */
const MAX_CALLS = 10_000_000;
const PAST_MIDNIGHT = "must be after `from`; past midnight the hours go on: 22:00 to 30:00 is until six in the morning";

const name = z.string().min(1).max(60);
const probability = z.number().min(0).max(1);
const spanMs = z.number().min(0);
const levels = z.record(name, z.number());
/** All agents away, or all of them in one of these states. */
const empty = z.union([z.boolean(), z.array(z.enum(AGENT_STATUSES)).min(1)]);

/** Time of day, `08:30`; past midnight it goes on counting: `26:00` is two o'clock of the next day. */
const clock = z.string().regex(/^\d{1,2}:[0-5]\d$/, "a time such as 08:30").refine((text) => clockMs(text) <= 48 * 3_600_000, "at most 48:00");

/** Milliseconds since midnight. */
export function clockMs(text: string): number {
  const [hours, minutes] = text.split(":").map(Number) as [number, number];
  return (hours * 60 + minutes) * 60_000;
}

/** Time since the midnight before the first day: `08:15`, from the second day on `+1 08:15`. */
export function clockText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const day = Math.floor(minutes / 1440);
  return `${day === 0 ? "" : `+${day} `}${String(Math.floor((minutes % 1440) / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** One call of a list of past calls: what is missing is drawn from the distributions of its group. */
const pastCall = z.strictObject({
  /** Milliseconds since the midnight before the first day. */
  at: z.number().min(0),
  queue: name.optional(),
  talkSeconds: z.number().min(0).optional(),
  patienceSeconds: z.number().min(0).optional(),
  priority: z.number().optional(),
});

export type PastCall = z.infer<typeof pastCall>;

const arrivals = z.union([
  /** A Poisson stream of one rate. */
  z.strictObject({ perHour: z.number().min(0) }),
  /** A Poisson stream whose rate changes: expected calls of intervals of `minutes` each, from `from` on, every day. */
  z.strictObject({ from: clock, minutes: z.number().gt(0).max(1440), calls: z.array(z.number().min(0)).min(1) }),
  /** Calls as they came, see `readPastCalls`. */
  z.strictObject({ past: z.array(pastCall).min(1) }),
  /** The same from a CSV file beside the scenario; only `hotline-sim` reads files. */
  z.strictObject({ csv: z.string().min(1) }),
], { error: "arrivals as { perHour }, { from, minutes, calls }, { csv: FILE } or { past: [...] }" });

const callback = z.strictObject({
  /** Offered to who has waited so long. */
  afterSeconds: z.number().min(0),
  /** ... and only while the expected wait is above this. Default 0. */
  expectedWaitOver: z.number().min(0).default(0),
  /** Share who take the offer. */
  accept: probability,
  /** Share who answer when called back. Default 1. */
  reached: probability.default(1),
  /** From the agent's acceptance until the caller answers, or is given up. Default 15 s. */
  ring: distribution.default(15),
});

const queue = z.strictObject({
  key: name,
  strategy: z.string().refine((text) => strategyNames().includes(text), { error: () => `a strategy: ${strategyNames().join(", ")}` }).optional(),
  /** Threshold of the service level. Default 15 s (GB/T 33358). */
  serviceLevelSeconds: z.number().min(0).default(15),
  /** Who gives up within it is counted apart (short abandons). Default 5 s. */
  shortAbandonSeconds: z.number().min(0).default(5),
  weight: z.number().optional(),
  ringMs: spanMs.min(1).optional(),
  maxWaitMs: spanMs.optional(),
  maxLength: z.int().min(0).optional(),
  skills: levels.optional(),
  relaxSkillsAfterMs: spanMs.optional(),
  skillSteps: z.array(z.strictObject({ afterMs: spanMs, skills: levels })).optional(),
  skillWeights: levels.optional(),
  tiersAfterMs: z.array(spanMs).optional(),
  progressMs: spanMs.min(1).optional(),
  divert: z
    .strictObject({ ewtMs: spanMs.optional(), ratio: z.number().min(0).optional(), whileWaiting: z.boolean().optional() })
    .refine(({ ewtMs, ratio }) => ewtMs !== undefined || ratio !== undefined, "diverts nobody: give ewtMs or ratio, or leave divert out")
    .optional(),
  overflow: z.array(z.strictObject({ afterMs: spanMs, queues: z.array(name).min(1) })).optional(),
  regainMs: spanMs.optional(),
  joinEmpty: empty.optional(),
  leaveEmpty: empty.optional(),
  /** Who counts as staff, see `QueueConfig`. */
  staff: z.enum(["reachable", "ready"]).optional(),
  /** Wait from which agents on demand are rung; `null`: never. */
  onDemandAfterMs: spanMs.nullable().optional(),
  emptyGraceMs: spanMs.optional(),
  rejectDelayMs: spanMs.optional(),
  noAnswerDelayMs: spanMs.optional(),
  pauseAfterMisses: z.int().min(0).optional(),
});

const callers = z.strictObject({
  name,
  queue: name,
  arrivals,
  priority: z.number().default(0),
  skills: levels.optional(),
  /** Talk. */
  talk: distribution,
  /** How long a caller is willing to wait; without it for ever. */
  patience: distribution.optional(),
  /** Who gave up rings again: this share, after this span. */
  redial: z.strictObject({ share: probability, after: distribution }).optional(),
  callback: callback.optional(),
});

const agents = z.strictObject({
  name,
  count: z.int().min(0).max(100_000),
  queues: z.array(z.union([name, z.strictObject({ queue: name, weight: z.number().gt(0).optional(), tier: z.int().min(0).optional() })])).min(1),
  skills: levels.optional(),
  /** Signed in between these times, every day. Default: always, also at night; figures of the staff count the time between the scenario's `from` and `to`. A call in progress is finished. */
  shifts: z.array(z.strictObject({ from: clock, to: clock })).optional(),
  /** Not ready between these times. */
  breaks: z.array(z.strictObject({ from: clock, to: clock })).optional(),
  /** Rung only where nobody else is free, and once a caller has waited `onDemandAfterMs`. They count among the agents, also those of the formulas. Default false. */
  onDemand: z.boolean().default(false),
  /** From the ring to the answer. Default 0. */
  answer: distribution.default(0),
  /** Share of offers not answered at all. Default 0. */
  misses: probability.default(0),
  /** After-call work. Default 0. */
  wrapUp: distribution.default(0),
});

const scenarioSchema = z
  .strictObject({
    name: z.string().max(200).optional(),
    /** First arrivals. Default 00:00. */
    from: clock.default("00:00"),
    /** Last arrivals; the callers inside are served to the end. Default 24:00. */
    to: clock.default("24:00"),
    /** The day is played so often, one after the other, without a cut at midnight; at least as often as past calls have days. Default 1. */
    days: z.int().min(1).max(MAX_DAYS).default(1),
    /** Left out of the figures at the beginning. Default 0. */
    warmUpMinutes: z.number().min(0).default(0),
    /** Length of the intervals of the figures. Default 15 min. */
    intervalMinutes: z.number().min(1).max(1440).default(15),
    /** Aging, see `createAcdState`. */
    priorityWorthMs: spanMs.optional(),
    /** One step of a queue's weight is worth so long a wait, see `createAcdState`. */
    weightWorthMs: spanMs.optional(),
    queues: z.array(queue).min(1),
    callers: z.array(callers).min(1),
    agents: z.array(agents).min(1),
  })
  .superRefine((scenario, context) => {
    const issue = (path: (string | number)[], message: string): void => context.addIssue({ code: "custom", path, message });
    const keys = new Set(scenario.queues.map((each) => each.key));
    if (clockMs(scenario.from) >= clockMs(scenario.to)) issue(["to"], PAST_MIDNIGHT);
    if (Math.max(scenario.days, pastDays(scenario.to, scenario.callers)) > 1 && clockMs(scenario.to) - clockMs(scenario.from) > 86_400_000) issue(["to"], "a day that is repeated has at most 24 hours");
    for (const part of ["queues", "callers", "agents"] as const) {
      const seen = new Set<string>();
      scenario[part].forEach((each, index) => {
        const key = "key" in each ? each.key : each.name;
        if (seen.has(key)) issue([part, index], `"${key}" stands twice`);
        seen.add(key);
      });
    }
    const known = (path: (string | number)[], key: string): void => {
      if (!keys.has(key)) issue(path, `there is no queue "${key}"; queues: ${[...keys].join(", ")}`);
    };
    scenario.callers.forEach((group, index) => {
      known(["callers", index, "queue"], group.queue);
      if ("past" in group.arrivals && pastDays(scenario.to, [group]) > MAX_DAYS) issue(["callers", index, "arrivals"], `the past calls have ${pastDays(scenario.to, [group])} days from the first to the last; at most ${MAX_DAYS} are played`);
      if ("past" in group.arrivals) group.arrivals.past.forEach((call, line) => call.queue !== undefined && known(["callers", index, "arrivals", "past", line, "queue"], call.queue));
    });
    const calls = expectedCalls(scenario);
    if (calls > MAX_CALLS) issue(["callers"], `about ${Math.round(calls)} calls would come; at most ${MAX_CALLS} are played`);
    scenario.queues.forEach((each, index) => {
      const served = new Set([each.key]);
      each.overflow?.forEach((step, at) =>
        step.queues.forEach((key, place) => {
          const path = ["queues", index, "overflow", at, "queues", place];
          known(path, key);
          if (served.has(key)) issue(path, key === each.key ? `queue "${key}" cannot overflow into itself` : `queue "${key}" stands in the overflow twice`);
          served.add(key);
        }),
      );
    });
    scenario.agents.forEach((group, index) => {
      const served = new Set<string>();
      group.queues.forEach((membership, place) => {
        const key = typeof membership === "string" ? membership : membership.queue;
        if (served.has(key)) issue(["agents", index, "queues", place], `queue "${key}" is given twice`);
        served.add(key);
      });
      group.queues.forEach((membership, place) => known(["agents", index, "queues", place], typeof membership === "string" ? membership : membership.queue));
      for (const kind of ["shifts", "breaks"] as const) group[kind]?.forEach((shift, place) => clockMs(shift.from) >= clockMs(shift.to) && issue(["agents", index, kind, place, "to"], PAST_MIDNIGHT));
    });
  });

/** A situation to be played: who calls when, who serves, by which rules. Spans are in seconds where the name does not end in `Ms` or `Minutes`. */
export type Scenario = z.output<typeof scenarioSchema>;
/** As written by people: what has a default may be left out. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** Checks a scenario and fills in the defaults. Throws `HTL_QUEUEING_SCENARIO` with the path of each mistake. */
export function parseScenario(input: unknown): Scenario {
  const unnamed = unnameable(input);
  if (unnamed !== undefined) throw new QueueingError("SCENARIO", `The scenario cannot be played. ${unnamed}: __proto__ cannot be a name here: give it another`);
  const result = scenarioSchema.safeParse(input);
  if (result.success) return { ...result.data, days: Math.max(result.data.days, pastDays(result.data.to, result.data.callers)) };
  const mistakes = result.error.issues.slice(0, 10).map((issue) => `${issue.path.length === 0 ? "scenario" : issue.path.map(String).join(".")}: ${issue.message}`);
  throw new QueueingError("SCENARIO", `The scenario cannot be played. ${mistakes.join("; ")}`);
}

/** How many callers the play is expected to have, redials not counted. */
function expectedCalls({ from, to, days, callers: groups }: Pick<Scenario, "from" | "to" | "days"> & { readonly callers: readonly { readonly arrivals: z.output<typeof arrivals> }[] }): number {
  const hours = (clockMs(to) - clockMs(from)) / 3_600_000;
  let sum = 0;
  for (const { arrivals: of } of groups) sum += "perHour" in of ? of.perHour * hours * days : "calls" in of ? of.calls.reduce((total, calls) => total + calls, 0) * days : "past" in of ? of.past.length : 0;
  return sum;
}

/** So often the day must be played for everybody to be there when the last past call comes. */
function pastDays(to: string, callers: readonly { readonly arrivals: z.output<typeof arrivals> }[]): number {
  let last = 0;
  for (const group of callers) if ("past" in group.arrivals) for (const { at } of group.arrivals.past) last = Math.max(last, at);
  // A day that goes on past midnight has the calls of that night.
  const end = Math.max(clockMs(to), 86_400_000);
  return last < end ? 1 : Math.floor((last - end) / 86_400_000) + 2;
}

/** Path of a key `__proto__`, which a record would leave out without a word: who was to need that skill would need none. */
function unnameable(value: unknown, path = "scenario"): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, "__proto__")) return path;
  for (const [key, each] of Object.entries(value)) {
    const found = unnameable(each, path === "scenario" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
