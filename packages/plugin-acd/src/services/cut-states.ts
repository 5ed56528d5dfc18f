import type { BusinessCalendar, Ids, UnitOfWork } from "@hotlinejs/core";
import type { AgentStatus } from "@hotlinejs/queueing";
import { stateSpans } from "../domain/state-columns.js";
import { AgentStateLogEntity } from "../entities/agent-state-log.entity.js";
import { FactMarkEntity } from "../entities/fact-mark.entity.js";
import type { IntervalBook } from "./interval-book.js";

export interface CutStatesDeps {
  readonly unitOfWork: UnitOfWork;
  readonly book: IntervalBook;
  readonly ids: Ids;
  readonly calendar: BusinessCalendar;
}

/** Why a state has ended with its process. */
export const PROCESS_ENDED = "process_restart";

/**
 * Ends the states in which agents were when the process before ended: each gets its row in the log, with its length, and what of it is not in
 * the quarter hours yet goes there in the same transaction. So log and quarter hours tell the same, however the process ended.
 *
 * @param end when that was, epoch ms
 */
export async function endCutStates({ unitOfWork, book, ids, calendar }: CutStatesDeps, end: number): Promise<void> {
  await unitOfWork.run(async (uow) => {
    const { em } = uow;
    const open = await em.execute<{ agent: string; state: string; at: number | string }[]>(
      "select l.agent, l.state, l.at from acd_agent_state_log l where l.state <> 'offline' and l.id in (select (select x.id from acd_agent_state_log x where x.agent = a.number order by x.at desc, x.id desc limit 1) from acd_agent a)",
    );
    // States that lasted were booked up to here, all of them at once.
    const [mark] = await em.find(FactMarkEntity, {}, { orderBy: { at: "desc" }, limit: 1 });
    for (const { agent, state: previous, at } of open) {
      const since = Number(at);
      const until = Math.max(since, end);
      await em.insert(AgentStateLogEntity, { id: ids.next(), agent, at: until, previous, previousMs: until - since, state: "offline", reason: PROCESS_ENDED, businessDate: calendar.dateOf(until), businessHour: calendar.hourOf(until) });
      for (const { startsAt, delta } of stateSpans(agent, previous as AgentStatus, Math.max(since, mark?.at ?? 0), until)) await book.agent(uow, agent, startsAt, delta);
    }
  });
}
