import type { BusinessCalendar, Clock, UnitOfWork } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { AgentSnapshot } from "@hotlinejs/plugin-acd/contract";
import type { CallbacksConfig } from "../config.js";
import { CallbackTaskEntity } from "../entities/callback-task.entity.js";
import type { CallbackTaskRow } from "../entities/callback-task.entity.js";
import { errors } from "../errors.js";
import type { CallbackCaller } from "./callback-caller.js";
import type { CallbackStore } from "./callback-store.js";
import type { FreeAgents } from "./free-agents.js";
import type { OnTheLine } from "./on-the-line.js";
import { Rounds } from "./rounds.js";
import type { RoundsDeps } from "./rounds.js";

/** Who calls when nobody clicked. */
export const PLAN_ACTOR = "plugin:callbacks";
/** Tasks looked at in one round. */
const BATCH = 50;
/** A citizen who is on the line right now is looked at again after this. */
export const ON_THE_LINE_MS = 5 * 60_000;

export interface CallbackPlanDeps extends Omit<RoundsDeps, "name" | "round"> {
  readonly config: CallbacksConfig;
  readonly caller: CallbackCaller;
  readonly store: CallbackStore;
  readonly agents: FreeAgents;
  readonly line: OnTheLine;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly hours: () => BusinessCalendar;
}

/**
 * Calls back by itself while agents are free whom no caller needs. Woken by what may change its mind (an agent is
 * available, a task is made or due, an attempt is over), never by polling.
 */
export class CallbackPlan {
  readonly #rounds: Rounds;

  constructor(private readonly deps: CallbackPlanDeps) {
    this.#rounds = new Rounds({ ...deps, name: "callbacks", round: () => this.#round() });
  }

  start(): void {
    if (this.deps.config.automatic) this.#rounds.start();
  }

  /** Begins nothing more; what is under way goes on. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  kick(): void {
    this.#rounds.kick();
  }

  /** Resolves when it has called whom it can for now. */
  idle(): Promise<void> {
    return this.#rounds.idle();
  }

  async #round(): Promise<void> {
    const { agents, clock, hours, line, store } = this.deps;
    if (agents.all().length === 0 || !this.#room()) return;
    const now = clock.now();
    const open = hours().isOpen(now);
    for (const task of await store.ready(now, BATCH)) {
      if (this.#rounds.stopped || !this.#room()) return;
      if (!open && task.reason !== "wish") await this.#postpone(task, store.callableFrom(now));
      else if (await line.has(task.number)) await this.#postpone(task, now + ON_THE_LINE_MS);
      else {
        const agent = agents.for({ queue: task.queue ?? null, dueAt: task.nextAt });
        if (agent !== undefined) await this.#begin(task, agent);
      }
    }
  }

  async #begin(task: CallbackTaskRow, agent: AgentSnapshot): Promise<void> {
    try {
      await this.deps.caller.begin(task.id, { agent: agent.number, actor: PLAN_ACTOR, free: true });
    } catch (error) {
      // Somebody was faster, with the agent or with the task; or the hotline stops.
      if (!isHotlineError(error) || ![errors.AGENT_NOT_FREE, errors.NOT_OPEN, errors.CONFLICT, errors.DRAINING].some(({ code }) => code === error.code)) throw error;
    }
  }

  #room(): boolean {
    return this.deps.caller.active.length < this.deps.config.atOnce;
  }

  async #postpone(task: CallbackTaskRow, until: number): Promise<void> {
    const { store, unitOfWork } = this.deps;
    await unitOfWork.run(async (uow) => {
      const changed = await uow.em.nativeUpdate(CallbackTaskEntity, { id: task.id, version: task.version, status: "open" }, { nextAt: until, version: task.version + 1 });
      if (changed > 0) store.wakeAt(uow, { id: task.id, nextAt: until });
    });
  }
}
