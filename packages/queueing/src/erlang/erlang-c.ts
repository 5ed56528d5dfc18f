import { requireLoad, requirePositive, requireServers } from "./check.js";
import { erlangB } from "./erlang-b.js";

export interface ErlangCResult {
  /** Chance that a caller has to wait. */
  readonly waitProbability: number;
  /** Share answered within the threshold. */
  readonly serviceLevel: number;
  /** Mean wait over all callers, in the unit of `handleTime`. Infinite when overloaded. */
  readonly averageWait: number;
  /** Share of time an agent is busy, at most 1. */
  readonly occupancy: number;
}

/**
 * Erlang C (M/M/n, callers wait for ever).
 *
 * @param load offered traffic in erlang
 * @param agents agents at work
 * @param handleTime mean talk plus wrap-up, any unit above 0
 * @param threshold answer threshold in the same unit
 */
export function erlangC(load: number, agents: number, handleTime: number, threshold: number): ErlangCResult {
  requireLoad(load);
  requireServers(agents);
  requirePositive("handleTime", handleTime);
  if (load === 0) return { waitProbability: agents === 0 ? 1 : 0, serviceLevel: agents === 0 ? 0 : 1, averageWait: agents === 0 ? Infinity : 0, occupancy: 0 };
  if (load >= agents) return { waitProbability: 1, serviceLevel: 0, averageWait: Infinity, occupancy: 1 };
  const blocking = erlangB(load, agents);
  const waitProbability = blocking / (1 - (load / agents) * (1 - blocking));
  const rate = (agents - load) / handleTime;
  return {
    waitProbability,
    serviceLevel: 1 - waitProbability * Math.exp(-rate * Math.max(0, threshold)),
    averageWait: waitProbability / rate,
    occupancy: load / agents,
  };
}

/** Fewest agents that answer the share `target` (below 1) within `threshold`. */
export function agentsForServiceLevel(load: number, handleTime: number, threshold: number, target: number): number {
  requireLoad(load);
  if (!(target >= 0 && target < 1)) throw new RangeError("target must be at least 0 and below 1");
  let agents = Math.max(1, Math.floor(load) + 1);
  while (erlangC(load, agents, handleTime, threshold).serviceLevel < target) agents += 1;
  return agents;
}
