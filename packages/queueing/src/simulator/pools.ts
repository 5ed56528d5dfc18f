import { erlangA } from "../erlang/erlang-a.js";
import { erlangC } from "../erlang/erlang-c.js";
import { meanOf } from "./distribution.js";
import type { CallerGroup } from "./arrivals.js";
import type { Scenario } from "./scenario.js";

/** Queues that share agents, directly or by overflow: what a formula can look at as one. */
export interface Pool {
  readonly queues: readonly string[];
  readonly groups: readonly CallerGroup[];
  readonly serviceLevelSeconds: number;
  /** Mean seconds an agent is taken by a call: ring, talk and after-call work. */
  readonly handleSeconds: number;
  /** Talk and after-call work of it: what counts as work. */
  readonly workSeconds: number;
  /** Mean patience where all lose it. */
  readonly patienceSeconds: number | undefined;
}

/** What the formulas say to the same load and staff. Times in seconds; occupancy is without the ring time, as the played one. */
export interface Analytic {
  /** Offered load in erlang. */
  readonly load: number;
  /** Agents the formula was given: the mean, rounded. */
  readonly agents: number;
  /** Erlang C: nobody gives up. Missing where the load is too much for it. */
  readonly erlangC: { readonly serviceLevel: number; readonly averageWait: number; readonly occupancy: number } | undefined;
  /** Erlang A: patience is exponential. Missing where somebody waits for ever. */
  readonly erlangA: { readonly serviceLevel: number; readonly averageWait: number; readonly abandonRate: number; readonly occupancy: number } | undefined;
}

export function findPools(scenario: Scenario): Pool[] {
  const parent = new Map(scenario.queues.map(({ key }) => [key, key]));
  const root = (key: string): string => {
    const above = parent.get(key) as string;
    return above === key ? key : root(above);
  };
  const join = (keys: readonly string[]): void => keys.slice(1).forEach((key) => parent.set(root(key), root(keys[0] as string)));
  for (const group of scenario.agents) join(group.queues.map((membership) => (typeof membership === "string" ? membership : membership.queue)));
  for (const queue of scenario.queues) for (const step of queue.overflow ?? []) join([queue.key, ...step.queues]);
  const roots = [...new Set(scenario.queues.map(({ key }) => root(key)))];
  return roots.map((of) => {
    const queues = scenario.queues.filter(({ key }) => root(key) === of);
    const keys = queues.map(({ key }) => key);
    const groups = scenario.callers.filter((group) => keys.includes(group.queue));
    const staff = scenario.agents.filter((group) => group.queues.some((membership) => keys.includes(typeof membership === "string" ? membership : membership.queue)));
    const weighted = <T>(all: readonly T[], weight: (each: T) => number, value: (each: T) => number): number => {
      const sum = all.reduce((total, each) => total + weight(each), 0);
      return sum === 0 ? 0 : all.reduce((total, each) => total + weight(each) * value(each), 0) / sum;
    };
    const workSeconds = weighted(groups, callsOf, (group) => meanOf(group.talk)) + weighted(staff, (group) => group.count, (group) => meanOf(group.wrapUp));
    const patient = groups.length === 0 || groups.some((group) => group.patience === undefined);
    return {
      queues: keys,
      groups,
      serviceLevelSeconds: queues[0]?.serviceLevelSeconds ?? 15,
      handleSeconds: workSeconds + weighted(staff, (group) => group.count, (group) => meanOf(group.answer)),
      workSeconds,
      patienceSeconds: patient ? undefined : weighted(groups, callsOf, (group) => meanOf(group.patience ?? 0)),
    };
  });
}

/** How many calls a group is expected to bring, for weighing. */
function callsOf({ arrivals }: CallerGroup): number {
  if ("perHour" in arrivals) return arrivals.perHour;
  if ("past" in arrivals) return arrivals.past.length;
  return "calls" in arrivals ? arrivals.calls.reduce((sum, calls) => sum + calls, 0) : 0;
}

/** The formulas for `calls` in `seconds` served by `meanAgents`. */
export function analyse(pool: Pool, calls: number, seconds: number, meanAgents: number): Analytic | undefined {
  const agents = Math.round(meanAgents);
  if (calls === 0 || seconds <= 0 || pool.handleSeconds <= 0) return undefined;
  const rate = calls / seconds;
  const load = rate * pool.handleSeconds;
  const worked = pool.workSeconds / pool.handleSeconds;
  const c = load < agents ? erlangC(load, agents, pool.handleSeconds, pool.serviceLevelSeconds) : undefined;
  const a = pool.patienceSeconds !== undefined && pool.patienceSeconds > 0 && agents > 0 ? erlangA(rate, pool.handleSeconds, pool.patienceSeconds, agents) : undefined;
  return {
    load,
    agents,
    erlangC: c && { serviceLevel: c.serviceLevel, averageWait: c.averageWait, occupancy: c.occupancy * worked },
    // Of those who were answered, as the simulated figure counts.
    erlangA: a && { serviceLevel: a.answeredWithin(pool.serviceLevelSeconds) / (1 - a.abandonProbability), averageWait: a.averageWait, abandonRate: a.abandonProbability, occupancy: a.occupancy * worked },
  };
}
