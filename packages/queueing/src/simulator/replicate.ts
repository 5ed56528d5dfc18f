import type { Figures } from "./figures.js";
import type { Scenario } from "./scenario.js";
import { simulate } from "./simulate.js";
import type { SimulationResult } from "./simulate.js";

/** Mean of several runs with the half width of its 95 % confidence interval (Student's t). */
export interface Estimate {
  readonly mean: number;
  /** `undefined` for one run alone. */
  readonly halfWidth: number | undefined;
  /** Runs in which the figure existed. */
  readonly runs: number;
}

export type FigureEstimates = { readonly [name in keyof Figures]: Estimate | undefined };

export interface Replication {
  readonly runs: readonly SimulationResult[];
  readonly total: FigureEstimates;
  /** Of all agents. */
  readonly occupancy: Estimate | undefined;
}

/** The scenario played `runs` times with the seeds `seed`, `seed + 1` ... */
export function replicate(scenario: Scenario, runs: number, seed = 1): Replication {
  if (!(Number.isInteger(runs) && runs >= 1)) throw new RangeError("runs must be a whole number, 1 or more");
  const results = Array.from({ length: runs }, (_, index) => simulate(scenario, seed + index));
  const names = Object.keys((results[0] as SimulationResult).total) as (keyof Figures)[];
  return {
    runs: results,
    total: Object.fromEntries(names.map((name) => [name, estimate(results.map((result) => result.total[name]))])) as unknown as FigureEstimates,
    occupancy: estimate(
      results.map((result) => {
        const ready = result.pools.filter((pool) => pool.occupancy !== undefined);
        const agents = ready.reduce((sum, pool) => sum + pool.agents, 0);
        return agents === 0 ? undefined : ready.reduce((sum, pool) => sum + pool.agents * (pool.occupancy ?? 0), 0) / agents;
      }),
    ),
  };
}

/** Mean and confidence interval of independent values; `undefined` without any. */
export function estimate(values: readonly (number | undefined)[]): Estimate | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return { mean, halfWidth: undefined, runs: 1 };
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1);
  return { mean, halfWidth: studentT(known.length - 1) * Math.sqrt(variance / known.length), runs: known.length };
}

/** Two-sided 95 % point of Student's t: exact to three places up to ten degrees of freedom, then by Cornish and Fisher's expansion. */
function studentT(degrees: number): number {
  const table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
  const z = 1.959964;
  return table[degrees - 1] ?? z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
}
