import type { ReadPool } from "@hotlinejs/core";
import type { AcdEvent } from "@hotlinejs/queueing";
import type { QueueIntervalRow } from "../entities/queue-interval.entity.js";
import { PROCESS_ENDED } from "./cut-states.js";

type History = Extract<AcdEvent, { type: "agent.history" | "queue.history" }>;

/** Figures come as text from PostgreSQL. */
type Figure = number | string | null;

/** Who was free so, is as long idle as since then. */
const FREE: ReadonlySet<string> = new Set(["available", "on-demand"]);

/**
 * What agents did and queues saw before this process, for the strategies that go by it: calls and talks of the business day, the end of
 * the last of them, since when who was free has been so, whose call was the last of each queue, and how long its calls took.
 *
 * @param today business date of now
 * @param before start of this process, epoch ms: states that are older are of an earlier one
 * @param quarters of the business day, of all queues
 */
export async function workHistory(reads: ReadPool, { today, before, quarters }: { readonly today: string; readonly before: number; readonly quarters: readonly QueueIntervalRow[] }): Promise<readonly History[]> {
  const { agents, states, queues } = await reads.read(async (em) => ({
    agents: await em.execute<{ agent: string; calls: Figure; talk: Figure; ended: Figure }[]>(
      "select agent, count(*) as calls, sum(talk_ms) as talk, max(ended_at) as ended from acd_queue_entry where business_date = ? and agent is not null group by agent",
      [today],
    ),
    states: await em.execute<{ agent: string; state: string; at: Figure; previous: string; previous_ms: Figure }[]>(
      "select l.agent, l.state, l.at, l.previous, l.previous_ms from acd_agent_state_log l where l.id in (select (select x.id from acd_agent_state_log x where x.agent = a.number and x.at < ? and (x.reason is null or x.reason <> ?) order by x.at desc, x.id desc limit 1) from acd_agent a)",
      // The row that only ends a state with its process says nothing of the agent.
      [before, PROCESS_ENDED],
    ),
    queues: await em.execute<{ queue: string; agent: string | null }[]>(
      "select q.key as queue, (select e.agent from acd_queue_entry e where e.queue = q.key and e.business_date = ? and e.agent is not null order by e.answered_at desc, e.id desc limit 1) as agent from acd_queue q",
      [today],
    ),
  }));
  const own = new Map<string, { -readonly [K in keyof Extract<History, { type: "agent.history" }>]: Extract<History, { type: "agent.history" }>[K] }>();
  const of = (agentId: string): NonNullable<ReturnType<typeof own.get>> => {
    const known = own.get(agentId) ?? { type: "agent.history", agentId };
    own.set(agentId, known);
    return known;
  };
  for (const { agent, calls, talk, ended } of agents) Object.assign(of(agent), { callsTaken: Number(calls), talkMs: Number(talk ?? 0), ...(ended === null ? {} : { lastCallEndedAt: Number(ended) }) });
  for (const { agent, state, at, previous, previous_ms: spent } of states) {
    // Being rung when the process ended takes nobody's place among the idle.
    const since = FREE.has(state) ? Number(at) : state === "reserved" && FREE.has(previous) ? Number(at) - Number(spent) : undefined;
    if (since !== undefined) of(agent).idleSince = since;
  }
  return [...own.values(), ...queues.map(({ queue, agent }) => queueHistory(queue, agent, quarters.filter((row) => row.queue === queue)))];
}

function queueHistory(queue: string, agent: string | null, quarters: readonly QueueIntervalRow[]): History {
  const sum = (of: (row: QueueIntervalRow) => number): number => quarters.reduce((total, row) => total + of(row), 0);
  const count = sum(({ handled }) => handled);
  return { type: "queue.history", queue, ...(agent === null ? {} : { lastAgentId: agent }), ...(count === 0 ? {} : { handled: { count, averageMs: sum(({ talkMs, wrapUpMs }) => talkMs + wrapUpMs) / count } }) };
}
