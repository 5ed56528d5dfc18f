import type { Clock } from "@hotlinejs/core";
import { agentView, couldBeOffered, queueView } from "@hotlinejs/queueing";
import type { AgentSnapshot, AgentState, Colleague, FigureTargets, QueueSnapshot } from "../contract.js";
import { addAgentSums, agentFigures, emptyAgentSums, occupancy } from "../domain/queue-figures.js";
import { targetsOf } from "../domain/figure-targets.js";
import { serviceLevelOf, serviceLevels } from "../domain/service-level.js";
import type { AgentReasons } from "./agent-reasons.js";
import type { Floor } from "./floor.js";
import type { Occupations } from "./occupations.js";
import type { QueueFacts } from "./queue-facts.js";
import type { WrapUps } from "./wrap-ups.js";

export interface LiveViewDeps {
  readonly floor: Floor;
  readonly facts: QueueFacts;
  readonly clock: Pick<Clock, "now">;
  readonly occupations: Occupations;
  readonly reasons: AgentReasons;
  readonly wrapUps: Pick<WrapUps, "view">;
  /** Where a queue has none of its own. */
  readonly targets: FigureTargets;
}

const WORKING: ReadonlySet<AgentState> = new Set<AgentState>(["reserved", "busy", "occupied", "wrap-up"]);

/** Queues and agents as people see them at this moment. */
export class LiveView {
  readonly #deps: LiveViewDeps;

  constructor(deps: LiveViewDeps) {
    this.#deps = deps;
  }

  agents(): readonly AgentSnapshot[] {
    return [...this.#deps.floor.agents.keys()].flatMap((number) => this.agent(number) ?? []);
  }

  agent(number: string): AgentSnapshot | undefined {
    const { floor, occupations, reasons, facts } = this.#deps;
    floor.engine.checkClock();
    const agent = floor.agents.get(number);
    const view = agentView(floor.engine.state, number);
    if (agent === undefined || view === undefined) return undefined;
    return {
      number,
      name: agent.name,
      address: agent.address,
      state: view.status,
      since: view.statusSince,
      choice: view.choice,
      reason: view.reason ?? null,
      reasonName: reasons.find(view.reason)?.name ?? view.reason ?? null,
      reasonNameEn: reasons.find(view.reason)?.nameEn ?? view.reason ?? null,
      reachable: view.reachable,
      queues: view.queues,
      groups: agent.own.groups,
      profile: agent.own.profile ?? null,
      work: view.interactions.flatMap(({ id, channel }) => {
        const owner = floor.entries.get(id)?.owner;
        return owner === undefined ? [] : [{ interactionId: owner.interactionId, channel }];
      }),
      interactionId: view.interactionId === undefined ? (occupations.of(number) ?? null) : (floor.entries.get(view.interactionId)?.owner.interactionId ?? null),
      offered: view.offered ?? null,
      roomForCall: couldBeOffered(floor.engine.state, number, "voice"),
      wrapUpUntil: view.wrapUntil ?? null,
      wrapUp: view.status === "wrap-up" ? (this.#deps.wrapUps.view(number) ?? null) : null,
      callsTaken: view.callsTaken,
      talkMs: view.talkMs,
      today: agentFigures(facts.agentDay(number)),
    };
  }

  colleagues(own: string, channel: string): readonly Colleague[] {
    const { state } = this.#deps.floor.engine;
    const others = this.agents().filter(({ number }) => number !== own);
    return others
      .map(({ number, name, state: at, work, reasonName, reasonNameEn }) => ({ number, name, state: at, channels: work.map((each) => each.channel), reasonName, reasonNameEn, free: couldBeOffered(state, number, channel) }))
      .sort((a, b) => Number(b.free) - Number(a.free) || a.number.localeCompare(b.number, "en", { numeric: true }));
  }

  /** Callers who wait, agents, and those of them who are free. */
  counts(): { waiting: number; agents: number; available: number } {
    const { queues, agents, engine } = this.#deps.floor;
    let waiting = 0;
    for (const key of queues.keys()) waiting += queueView(engine.state, key)?.waiting ?? 0;
    let available = 0;
    for (const number of agents.keys()) if (agentView(engine.state, number)?.status === "available") available += 1;
    return { waiting, agents: agents.size, available };
  }

  queues(): readonly QueueSnapshot[] {
    return [...this.#deps.floor.queues.keys()].flatMap((key) => this.queue(key) ?? []);
  }

  queue(key: string): QueueSnapshot | undefined {
    const { floor, facts, clock } = this.#deps;
    floor.engine.checkClock();
    const queue = floor.queues.get(key);
    const view = queueView(floor.engine.state, key, clock.now());
    if (queue === undefined || view === undefined) return undefined;
    const spent = emptyAgentSums();
    let working = 0;
    for (const number of floor.membersOf(key)) {
      addAgentSums(spent, facts.agentDay(number));
      const status = agentView(floor.engine.state, number)?.status;
      if (status !== undefined && WORKING.has(status)) working += 1;
    }
    const levels = serviceLevels(queue.settings.serviceLevelSeconds);
    return {
      key,
      name: queue.name,
      strategy: view.strategy,
      waiting: view.waiting,
      ringing: view.offered,
      oldestWaitMs: view.oldestAt === undefined ? 0 : Math.max(0, clock.now() - view.oldestAt),
      oldestAt: view.oldestAt ?? null,
      expectedWaitMs: view.expectedWaitMs,
      agents: view.members,
      staffed: view.staffed,
      available: view.available,
      working,
      occupancy: occupancy(spent),
      frozen: view.frozen,
      serviceLevelSeconds: serviceLevelOf(levels, "voice"),
      serviceLevels: levels,
      oldestLateAt: view.oldestAt === undefined ? null : view.oldestAt + serviceLevelOf(levels, view.oldestChannel ?? "voice") * 1000,
      targets: targetsOf(queue, this.#deps.targets),
      onDemandAfterMs: queue.settings.onDemandAfterSeconds === null ? null : queue.settings.onDemandAfterSeconds * 1000,
      today: facts.today.of(key),
    };
  }
}
