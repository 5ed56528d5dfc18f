import { requireLoad, requireServers } from "./check.js";

/**
 * Erlang B: the chance that all of `servers` lines are taken (ITU-T E.501), by the stable recursion
 * B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)).
 *
 * @param load offered traffic in erlang (calls per hour x mean holding time in hours), 0 or more
 * @param servers lines or agents, a whole number from 0
 */
export function erlangB(load: number, servers: number): number {
  requireLoad(load);
  requireServers(servers);
  let blocking = 1;
  for (let n = 1; n <= servers; n++) blocking = (load * blocking) / (n + load * blocking);
  return blocking;
}

/** Fewest lines that keep the blocking at or below `target` (0 < target <= 1). */
export function agentsForBlocking(load: number, target: number): number {
  requireLoad(load);
  if (!(target > 0 && target <= 1)) throw new RangeError("target must be above 0 and at most 1");
  let blocking = 1;
  let n = 0;
  while (blocking > target) {
    n += 1;
    blocking = (load * blocking) / (n + load * blocking);
  }
  return n;
}
