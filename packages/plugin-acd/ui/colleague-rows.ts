import type { AgentSnapshot } from "../src/contract.js";

/** The phone is taken: nobody is rung into other work, unless a call may go beside it. */
export function isTaken({ state, roomForCall }: Pick<AgentSnapshot, "state" | "roomForCall">): boolean {
  return state === "reserved" || state === "occupied" || (state === "busy" && !roomForCall);
}

/** How near somebody is to taking a call now: free, there, signed out, taken. */
function rankOf(agent: AgentSnapshot): number {
  return agent.roomForCall ? 0 : isTaken(agent) ? 3 : agent.choice === "offline" ? 2 : 1;
}

/** Who could be rung, those first who can take a call. */
export function colleagueRows(agents: Iterable<AgentSnapshot>, own: string | null): readonly AgentSnapshot[] {
  return [...agents].filter(({ number, reachable }) => number !== own && reachable).sort((a, b) => rankOf(a) - rankOf(b) || a.number.localeCompare(b.number, "en", { numeric: true }));
}
