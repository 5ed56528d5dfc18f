import { QueueingError } from "../errors.js";
import { draw } from "./distribution.js";
import { randomStream } from "./random.js";
import { clockMs } from "./scenario.js";
import type { Scenario } from "./scenario.js";

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export type CallerGroup = Scenario["callers"][number];

/** One caller with all that chance has in store, drawn before the play begins, so that no rule of a queue changes it. */
export interface Arrival {
  readonly at: number;
  readonly group: CallerGroup;
  readonly queue: string;
  readonly priority: number;
  readonly talkMs: number;
  readonly patienceMs: number;
}

/** All callers of a scenario in the order of their coming. */
export function drawArrivals(scenario: Scenario, seed: number): Arrival[] {
  const all: Arrival[] = [];
  for (const group of scenario.callers) {
    const talk = randomStream(seed, `talk ${group.name}`);
    const patience = randomStream(seed, `patience ${group.name}`);
    const add = (at: number, past: { queue?: string | undefined; priority?: number | undefined; talkSeconds?: number | undefined; patienceSeconds?: number | undefined } = {}): void => {
      // Always drawn, also where the list tells: the callers after it stay the same then.
      const [talkSeconds, patienceSeconds] = [draw(group.talk, talk), group.patience === undefined ? Infinity : draw(group.patience, patience)];
      all.push({
        at,
        group,
        queue: past.queue ?? group.queue,
        priority: past.priority ?? group.priority,
        talkMs: (past.talkSeconds ?? talkSeconds) * 1_000,
        patienceMs: (past.patienceSeconds ?? patienceSeconds) * 1_000,
      });
    };
    const { arrivals } = group;
    if ("csv" in arrivals) throw new QueueingError("SCENARIO", `callers ${group.name}: a file (${arrivals.csv}) must be read before: give \`past: readPastCalls(text)\``);
    if ("past" in arrivals) for (const call of arrivals.past) add(call.at, call);
    else for (const [from, to, perMs] of rates(scenario, arrivals)) poisson(from, to, perMs, randomStream(seed, `arrivals ${group.name} ${from}`), add);
  }
  // Stable: callers of one moment stay in the order of their groups.
  return all.sort((a, b) => a.at - b.at);
}

/** Stretches of one rate: [from, to, calls per ms]. */
function* rates(scenario: Scenario, arrivals: { perHour: number } | { from: string; minutes: number; calls: number[] }): Generator<[number, number, number]> {
  const [from, to] = [clockMs(scenario.from), clockMs(scenario.to)];
  for (let day = 0; day < scenario.days; day++) {
    const midnight = day * DAY_MS;
    if ("perHour" in arrivals) {
      yield [midnight + from, midnight + to, arrivals.perHour / HOUR_MS];
      continue;
    }
    const length = arrivals.minutes * 60_000;
    for (const [index, calls] of arrivals.calls.entries()) {
      const begin = clockMs(arrivals.from) + index * length;
      const [first, last] = [Math.max(begin, from), Math.min(begin + length, to)];
      if (first < last) yield [midnight + first, midnight + last, calls / length];
    }
  }
}

function poisson(from: number, to: number, perMs: number, random: () => number, add: (at: number) => void): void {
  if (perMs <= 0) return;
  for (let at = from - Math.log(random()) / perMs; at < to; at -= Math.log(random()) / perMs) add(at);
}
