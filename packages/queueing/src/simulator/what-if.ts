import { QueueingError } from "../errors.js";
import { scaled } from "./distribution.js";
import { parseScenario } from "./scenario.js";
import type { Scenario } from "./scenario.js";

const FORMS = [
  "agents=-5, agents.GROUP=+3, agents=40: fewer, more or so many agents",
  "strategy=NAME, strategy.QUEUE=NAME: another way to choose the agent",
  "callers=+20%, callers.GROUP=-10%: more or fewer callers",
  "talk=-10%, wrapUp=+15%, patience=+50%: longer or shorter (of all, or .GROUP)",
  "callback=60, callback.GROUP=60: whoever has waited 60 s is offered a call back, half of them accept (callback=60/0.3: three in ten)",
  "maxWait=300, maxLength=20: limits of all queues (or .QUEUE), seconds and callers",
];

/** What `whatIf` understands, one line each. */
export const WHAT_IF_FORMS: readonly string[] = FORMS;

/**
 * The scenario with one change, written as people ask: `agents=-5`, `strategy=random`, `callback=60`, `callers=+20%` (see
 * `WHAT_IF_FORMS`); several with commas. Throws `HTL_QUEUEING_WHAT_IF`.
 */
export function whatIf(scenario: Scenario, changes: string): Scenario {
  const changed = structuredClone(scenario) as Scenario;
  for (const change of changes.split(",")) apply(changed, change.trim());
  return parseScenario({ ...changed, name: `${scenario.name ?? "scenario"}: ${changes}` });
}

function apply(scenario: Scenario, change: string): void {
  const match = /^([a-zA-Z]+)(?:\.(.+?))?=(.+)$/.exec(change);
  if (match === null) throw unknown(change);
  const [, what, only, value] = match as unknown as [string, string, string | undefined, string];
  const pick = <T>(all: readonly T[], keyOf: (each: T) => string, noun: string): T[] => {
    const found = all.filter((each) => only === undefined || keyOf(each) === only);
    if (found.length === 0) throw new QueueingError("WHAT_IF", `"${change}": there is no ${noun} "${only}"; there are ${all.map(keyOf).join(", ")}`);
    return found;
  };
  const queues = (): Scenario["queues"] => pick(scenario.queues, (queue) => queue.key, "queue");
  const callers = (): Scenario["callers"] => pick(scenario.callers, (group) => group.name, "group of callers");
  const agents = (): Scenario["agents"] => pick(scenario.agents, (group) => group.name, "group of agents");
  const factor = (): number => {
    const percent = /^([+-]\d+(?:\.\d+)?)%$/.exec(value);
    if (percent === null || Number(percent[1]) <= -100) throw new QueueingError("WHAT_IF", `"${change}": give a change in per cent above -100, such as +20% or -10%`);
    return 1 + Number(percent[1]) / 100;
  };
  const number = (): number => {
    if (!/^\d+(\.\d+)?$/.test(value)) throw new QueueingError("WHAT_IF", `"${change}": give a number of 0 or more`);
    return Number(value);
  };
  switch (what) {
    case "agents":
      return changeAgents(agents(), value, change);
    case "strategy":
      for (const queue of queues()) queue.strategy = value;
      return;
    case "callers":
      for (const group of callers()) group.arrivals = moreCallers(group.arrivals, factor(), change);
      return;
    case "talk":
      for (const group of callers()) group.talk = scaled(group.talk, factor());
      return;
    case "patience":
      for (const group of callers()) if (group.patience !== undefined) group.patience = scaled(group.patience, factor());
      return;
    case "wrapUp":
      for (const group of agents()) group.wrapUp = scaled(group.wrapUp, factor());
      return;
    case "callback": {
      const offer = /^(\d+(?:\.\d+)?)(?:\/(0(?:\.\d+)?|1(?:\.0+)?))?$/.exec(value);
      if (offer === null) throw new QueueingError("WHAT_IF", `"${change}": give the seconds of waiting before the offer and, after a stroke, the share who accept: callback=60/0.5`);
      for (const group of callers()) group.callback = { afterSeconds: Number(offer[1]), expectedWaitOver: 0, accept: Number(offer[2] ?? 0.5), reached: 1, ring: 15 };
      return;
    }
    case "maxWait":
      for (const queue of queues()) queue.maxWaitMs = number() * 1_000;
      return;
    case "maxLength":
      for (const queue of queues()) queue.maxLength = Math.floor(number());
      return;
    default:
      throw unknown(change);
  }
}

/** One number for several groups is spread by their size; the largest takes what is left over. */
function changeAgents(groups: Scenario["agents"], value: string, change: string): void {
  const match = /^([+-]?)(\d+)$/.exec(value);
  if (match === null) throw new QueueingError("WHAT_IF", `"${change}": give a whole number, such as -5, +3 or 40`);
  const have = groups.reduce((sum, group) => sum + group.count, 0);
  const amount = Number(match[2]);
  const want = match[1] === "" ? amount : match[1] === "-" ? have - amount : have + amount;
  if (want < 0) throw new QueueingError("WHAT_IF", `"${change}": there are only ${have} agents`);
  let left = want;
  for (const group of groups) {
    group.count = have === 0 ? 0 : Math.floor((group.count * want) / have);
    left -= group.count;
  }
  const largest = groups.reduce((most, group) => (group.count > most.count ? group : most));
  largest.count += left;
}

function moreCallers(arrivals: Scenario["callers"][number]["arrivals"], factor: number, change: string): Scenario["callers"][number]["arrivals"] {
  if ("perHour" in arrivals) return { perHour: arrivals.perHour * factor };
  if ("calls" in arrivals) return { ...arrivals, calls: arrivals.calls.map((calls) => calls * factor) };
  throw new QueueingError("WHAT_IF", `"${change}": past calls are as many as they were; give rates instead`);
}

function unknown(change: string): QueueingError {
  return new QueueingError("WHAT_IF", `"${change}" is no change that can be played. Known:\n  ${FORMS.join("\n  ")}`);
}
