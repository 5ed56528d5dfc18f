import type { AgentFiguresReport, FiguresReport, FigureTargets } from "../contract.js";
import type { QueueFact } from "../domain/facts.js";
import { addAgentSums, addSums, agentFigures, emptyAgentSums, emptySums, queueFigures, type AgentSums, type QueueSums } from "../domain/queue-figures.js";
import { targetsOf } from "../domain/figure-targets.js";
import type { AcdStore } from "./acd-store.js";
import type { FactWriter } from "./fact-writer.js";
import type { Floor } from "./floor.js";
import type { QueueFacts } from "./queue-facts.js";

export interface FigureReportsDeps {
  readonly floor: Floor;
  /** Of all queues. */
  readonly targets: FigureTargets;
  readonly store: AcdStore;
  readonly facts: QueueFacts;
  readonly writer: Pick<FactWriter<QueueFact>, "flush">;
}

/** Figures of a span of time, from the quarter hours in the database. */
export class FigureReports {
  readonly #deps: FigureReportsDeps;

  constructor(deps: FigureReportsDeps) {
    this.#deps = deps;
  }

  async queues(where: { readonly queue?: string; readonly from: number; readonly to: number }): Promise<FiguresReport> {
    const { floor, store, writer } = this.#deps;
    const targets = where.queue === undefined ? this.#deps.targets : targetsOf(floor.queue(where.queue), this.#deps.targets);
    await writer.flush();
    const rows = await store.queueIntervals(where);
    const total = emptySums();
    const channels = new Map<string, QueueSums>();
    for (const row of rows) {
      addSums(total, row);
      const own = channels.get(row.channel) ?? emptySums();
      channels.set(row.channel, addSums(own, row));
    }
    const byChannel = [...channels].sort(([a], [b]) => a.localeCompare(b)).map(([channel, sums]) => ({ channel, ...queueFigures(sums) }));
    return { total: queueFigures(total), targets, channels: byChannel, intervals: rows.map((row) => ({ queue: row.queue, channel: row.channel, startsAt: row.startsAt, ...queueFigures(row) })) };
  }

  async agents(where: { readonly agent?: string; readonly queue?: string; readonly from: number; readonly to: number }): Promise<AgentFiguresReport> {
    const { floor, store, facts, writer } = this.#deps;
    const { agent, queue, from, to } = where;
    if (agent !== undefined) floor.agent(agent);
    if (queue !== undefined) floor.queue(queue);
    // States that last are in the figures up to this moment.
    floor.engine.checkClock();
    facts.bookStates();
    await writer.flush();
    const wanted = (queue === undefined ? [...floor.agents.keys()] : floor.membersOf(queue)).filter((number) => agent === undefined || number === agent);
    const sums = new Map<string, AgentSums>(wanted.map((number) => [number, emptyAgentSums()]));
    const total = emptyAgentSums();
    for (const row of await store.agentIntervals({ agents: wanted, from, to })) {
      const own = sums.get(row.agent);
      if (own === undefined) continue;
      addAgentSums(own, row);
      addAgentSums(total, row);
    }
    return { total: { ...total, ...agentFigures(total) }, agents: [...sums].map(([number, own]) => ({ agent: number, name: floor.agents.get(number)?.name ?? number, ...own, ...agentFigures(own) })) };
  }
}
