import { READ_POOL } from "@hotlinejs/core";
import { expect } from "vitest";
import { AgentIntervalEntity } from "../src/entities/agent-interval.entity.js";
import { AgentStateLogEntity } from "../src/entities/agent-state-log.entity.js";
import { FactMarkEntity } from "../src/entities/fact-mark.entity.js";
import type { Stage } from "./stage.js";

const COLUMNS = { available: "availableMs", "on-demand": "onDemandMs", reserved: "reservedMs", busy: "busyMs", occupied: "occupiedMs", "wrap-up": "wrapUpMs", held: "heldMs", "not-ready": "notReadyMs", unreachable: "unreachableMs" } as const;

/** Time of each agent by quarter hours is the time by the log of states, with what is booked of the state that lasts. */
export async function agentTimesAddUp(at: Stage): Promise<void> {
  const { intervals, log, marks } = await at.test.services.get(READ_POOL).read(async (em) => ({
    intervals: await em.find(AgentIntervalEntity, {}),
    log: await em.find(AgentStateLogEntity, {}, { orderBy: { at: "asc", id: "asc" } }),
    marks: await em.find(FactMarkEntity, {}, { orderBy: { at: "desc" }, limit: 1 }),
  }));
  const bookedUpTo = marks[0]?.at ?? 0;
  for (const agent of new Set(log.map((row) => row.agent))) {
    const own = log.filter((row) => row.agent === agent);
    const last = own.at(-1);
    const times = Object.entries(COLUMNS).map(([state, column]) => {
      const ended = own.filter(({ previous }) => previous === state).reduce((sum, { previousMs }) => sum + previousMs, 0);
      const lasting = last?.state === state ? Math.max(0, bookedUpTo - last.at) : 0;
      return [state, intervals.filter((row) => row.agent === agent).reduce((sum, row) => sum + row[column], 0), ended + lasting] as const;
    });
    expect(times.map(([state, booked]) => [agent, state, booked])).toEqual(times.map(([state, , logged]) => [agent, state, logged]));
  }
}
