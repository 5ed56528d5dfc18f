import { requirePositive, requireServers } from "./check.js";

/** Weights above this are scaled down together. */
const SCALE = 1e150;

export interface ErlangAResult {
  /** Chance that a caller finds all agents busy. */
  readonly waitProbability: number;
  /** Share of callers who hang up before the answer. */
  readonly abandonProbability: number;
  /** Mean wait over all callers, answered or not, in the unit of `handleTime`. */
  readonly averageWait: number;
  /** Mean number of callers waiting. */
  readonly averageQueue: number;
  readonly occupancy: number;
  /** Share of all callers answered within `t`. */
  answeredWithin(t: number): number;
  /** Chance that a caller's wait (until answer or hang-up) is longer than `t`. */
  waitTail(t: number): number;
}

/**
 * Erlang A (Palm; M/M/n+M: callers lose patience after an exponential time). Formulas after
 * Mandelbaum and Zeltyn, "The Palm/Erlang-A Queue, with Applications to Call Centers" (2005).
 *
 * @param arrivalRate calls per unit of time, above 0
 * @param handleTime mean talk plus wrap-up, above 0
 * @param patience mean time a caller is willing to wait, above 0
 * @param agents agents at work, 1 or more
 */
export function erlangA(arrivalRate: number, handleTime: number, patience: number, agents: number): ErlangAResult {
  requirePositive("arrivalRate", arrivalRate);
  requirePositive("handleTime", handleTime);
  requirePositive("patience", patience);
  requireServers(agents);
  if (agents < 1) throw new RangeError("agents must be 1 or more");
  const load = arrivalRate * handleTime;
  const served = agents / handleTime;
  const leave = 1 / patience;

  // Weights of the states relative to "exactly all agents busy", so that nothing overflows.
  let below = 0;
  let busyBelow = 0;
  let weight = 1;
  let unit = 1;
  for (let k = agents - 1; k >= 0; k--) {
    weight *= (k + 1) / load;
    below += weight;
    busyBelow += weight * k;
    if (below > SCALE || busyBelow > SCALE) {
      weight /= SCALE;
      below /= SCALE;
      busyBelow /= SCALE;
      unit /= SCALE;
    }
  }
  // Logarithm of what the state "exactly all busy" weighs, after scaling down. Under light load it may vanish: nobody waits.
  let logBase = Math.log(unit);
  let above = unit;
  let waiting = 0;
  weight = unit;
  for (let j = 1; ; j++) {
    weight *= arrivalRate / (served + j * leave);
    above += weight;
    waiting += j * weight;
    if (weight * j <= 1e-14 * above && served + j * leave > arrivalRate) break;
    if (above > SCALE || waiting > SCALE) {
      weight /= SCALE;
      above /= SCALE;
      waiting /= SCALE;
      below /= SCALE;
      busyBelow /= SCALE;
      logBase -= Math.log(SCALE);
    }
  }
  const total = below + above;
  const logAllBusy = unit === 0 ? -Infinity : logBase - Math.log(total);
  const waitProbability = above / total;
  const averageQueue = waiting / total;
  // Density of the wait until an agent is free, over all callers; in logarithms, as both factors may leave the range.
  const density = (t: number): number => served * Math.exp(logAllBusy + (arrivalRate / leave) * (1 - Math.exp(-leave * t)) - served * t);

  return {
    waitProbability,
    abandonProbability: (leave * averageQueue) / arrivalRate,
    averageWait: averageQueue / arrivalRate,
    averageQueue,
    occupancy: (busyBelow + agents * above) / total / agents,
    answeredWithin: (t) => 1 - waitProbability + simpson((x) => density(x) * Math.exp(-leave * x), 0, Math.max(0, t)),
    waitTail: (t) => Math.exp(-leave * Math.max(0, t)) * Math.max(0, waitProbability - simpson(density, 0, Math.max(0, t))),
  };
}

/** Composite Simpson rule; the integrands are smooth. */
function simpson(f: (x: number) => number, from: number, to: number): number {
  if (to <= from) return 0;
  const steps = 2000;
  const width = (to - from) / steps;
  let sum = f(from) + f(to);
  for (let i = 1; i < steps; i++) sum += f(from + i * width) * (i % 2 === 1 ? 4 : 2);
  return (sum * width) / 3;
}
