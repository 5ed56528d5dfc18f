import type { AgentCall, AgentSnapshot, QueueSnapshot } from "../../src/contract.js";
import { limitOf, type Reason } from "../reason-limit.js";

/** Longer than this a state wants a look, where no reason of the hotline says how long it may last. Milliseconds. */
const LONG_MS: Readonly<Partial<Record<AgentSnapshot["state"], number>>> = { busy: 10 * 60_000, occupied: 10 * 60_000, "wrap-up": 2 * 60_000, "not-ready": 15 * 60_000, unreachable: 30_000 };
const LONG_HOLD_MS = 60_000;

export type AgentFilter = "present" | "talking" | "odd" | "all";

/** Why an agent's row wants a look: too long in a state, a caller held too long, a phone that has gone. */
export function isOdd(agent: AgentSnapshot, call: AgentCall | undefined, reasons: readonly Reason[], now: number): boolean {
  if (call?.state === "reconnecting") return true;
  if (call?.state === "held" && now - call.since > LONG_HOLD_MS) return true;
  const longest = limitOf(agent, reasons) ?? LONG_MS[agent.state];
  return longest !== undefined && now - agent.since > longest;
}

/** On the telephone; chats and letters are no talk. */
export function isTalking({ state, work }: AgentSnapshot): boolean {
  return state === "occupied" || (state === "busy" && (work.length === 0 || work.some(({ channel }) => channel === "voice")));
}

/** In the order of their numbers, which no event changes: a row stays where the pointer is. */
export function agentRows(agents: Iterable<AgentSnapshot>, calls: ReadonlyMap<string, AgentCall>, filter: AgentFilter, queue: string | undefined, reasons: readonly Reason[], now: number): AgentSnapshot[] {
  const kept = [...agents].filter((agent) => {
    if (queue !== undefined && !agent.queues.includes(queue)) return false;
    if (filter === "present") return agent.choice !== "offline";
    if (filter === "talking") return isTalking(agent);
    return filter === "all" || isOdd(agent, calls.get(agent.number), reasons, now);
  });
  return kept.sort((a, b) => a.number.localeCompare(b.number, "en", { numeric: true }));
}

/** Those with most agents first: an order no event of a day changes. */
export function queueRows(queues: Iterable<QueueSnapshot>): QueueSnapshot[] {
  return [...queues].sort((a, b) => b.agents - a.agents || a.key.localeCompare(b.key));
}

/** The first in line waits longer than the service level of that channel allows. */
export function isLate({ oldestLateAt }: Pick<QueueSnapshot, "oldestLateAt">, now: number): boolean {
  return oldestLateAt !== null && now > oldestLateAt;
}

/** A share as people read it: one decimal, and with few cases the cases themselves. */
export function shareWords(share: number | null, base: number): string {
  if (share === null || base === 0) return "–";
  return base < 30 ? `${Math.round(share * base)} / ${base}` : `${(share * 100).toFixed(1)}%`;
}

export function percentWords(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)}%`;
}

const WATCHABLE: ReadonlySet<AgentCall["state"]> = new Set<AgentCall["state"]>(["talking", "held", "consult-ringing", "consulting", "conference"]);

/** The call can be listened to: both sides talk, or the caller is held. */
export function canWatch(call: AgentCall | undefined): call is AgentCall {
  return call !== undefined && call.answeredAt !== null && WATCHABLE.has(call.state);
}
