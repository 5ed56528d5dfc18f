import type { Activity, BusinessCalendar, Clock, Logger, ReadPool, Timer, UnitOfWork } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { Acd, AgentSnapshot } from "@hotlinejs/plugin-acd/contract";
import type { CallbacksConfig } from "../config.js";
import type { AttemptResult } from "../contract.js";
import { writtenForms } from "../domain/phone-number.js";
import { CallbackTaskEntity } from "../entities/callback-task.entity.js";
import type { CallbackTaskRow } from "../entities/callback-task.entity.js";
import { errors } from "../errors.js";
import type { CallbackCaller } from "./callback-caller.js";
import type { CallbackStore } from "./callback-store.js";

/** Who calls back when nobody clicked. */
export const PLAN_ACTOR = "plugin:callbacks";
/** Tasks looked at in one round. */
const BATCH = 50;
/** A citizen who is on the line right now is looked at again after this. */
const ON_THE_LINE_MS = 5 * 60_000;

export interface CallbackPlanDeps {
  readonly config: CallbacksConfig;
  readonly caller: CallbackCaller;
  readonly store: CallbackStore;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly clock: Clock;
  readonly activity: Activity;
  readonly log: Logger;
  readonly hours: () => BusinessCalendar;
  readonly acd: Acd | undefined;
}

/**
 * Calls back by itself while agents are free and nobody waits in their queue. Woken by what may change its mind (an agent is
 * available, a task is made or due, an attempt is over), never by polling.
 */
export class CallbackPlan {
  #stopped = true;
  #running: Promise<void> | undefined;
  #again = false;
  /** Agents who did not answer the plan, until when (monotonic ms). */
  readonly #resting = new Map<string, number>();
  readonly #timers = new Set<Timer>();
  /** When agents on demand come in next. */
  #demand: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(private readonly deps: CallbackPlanDeps) {}

  start(): void {
    if (!this.deps.config.automatic) return;
    this.#stopped = false;
    this.kick();
  }

  /** Begins nothing more; what is under way goes on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#demand?.timer.cancel();
    this.#demand = undefined;
    await this.#running;
  }

  ended(agent: string, result: AttemptResult): void {
    if (result === "no-agent") this.#rest(agent);
    this.kick();
  }

  kick(): void {
    this.#again = true;
    if (this.#stopped || this.#running !== undefined) return;
    this.#running = this.deps.activity.track(this.#work()).finally(() => (this.#running = undefined));
  }

  async #work(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#round();
      }
    } catch (error) {
      this.deps.log.error({ err: error }, "the callback plan failed; the next event wakes it again");
    }
  }

  async #round(): Promise<void> {
    const { clock, hours, store } = this.deps;
    if (this.#freeAgents().length === 0 || !this.#room()) return;
    const now = clock.now();
    const open = hours().isOpen(now);
    for (const task of await store.ready(now, BATCH)) {
      if (this.#stopped || !this.#room()) return;
      if (!open && task.reason !== "wish") await this.#postpone(task, store.callableFrom(now));
      else if (await this.#onTheLine(task.number)) await this.#postpone(task, now + ON_THE_LINE_MS);
      else {
        const agent = this.#agentFor(task, now);
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
    return this.deps.caller.active < this.deps.config.atOnce;
  }

  #freeAgents(): readonly AgentSnapshot[] {
    const now = this.deps.clock.monotonic();
    return (this.deps.acd?.agents() ?? []).filter((agent) => (agent.state === "available" || agent.state === "on-demand") && (this.#resting.get(agent.number) ?? 0) <= now);
  }

  /**
   * Free longest, of a queue in which nobody waits: callers on the line come first. Agents on demand (待命) when nobody else is, and
   * the callback has been due as long as a caller of the queue would have to wait for them.
   */
  #agentFor(task: CallbackTaskRow, now: number): AgentSnapshot | undefined {
    const quiet = (key: string): boolean => {
      const queue = this.deps.acd?.queue(key);
      return queue !== undefined && queue.waiting + queue.ringing === 0;
    };
    const free = this.#freeAgents()
      .filter((agent) => agent.queues.every(quiet) && (task.queue === null || task.queue === undefined || agent.queues.includes(task.queue)))
      .sort((a, b) => a.since - b.since);
    const ready = free.find(({ state }) => state === "available");
    if (ready !== undefined) return ready;
    const from = free.map((agent) => ({ agent, at: this.#onDemandFrom(task, agent) }));
    const due = from.find(({ at }) => at <= now);
    if (due === undefined) this.#wakeAt(Math.min(...from.map(({ at }) => at)));
    return due?.agent;
  }

  /** From when on this agent on demand may call back, epoch ms. */
  #onDemandFrom(task: CallbackTaskRow, { queues }: AgentSnapshot): number {
    const afterMs = this.deps.acd?.queue(task.queue ?? queues[0] ?? "")?.onDemandAfterMs ?? null;
    return afterMs === null ? Number.POSITIVE_INFINITY : task.nextAt + afterMs;
  }

  #wakeAt(at: number): void {
    if (at === Number.POSITIVE_INFINITY || (this.#demand !== undefined && this.#demand.at <= at)) return;
    this.#demand?.timer.cancel();
    const { clock } = this.deps;
    const timer = clock.setTimeout(() => {
      this.#demand = undefined;
      this.kick();
    }, Math.max(0, at - clock.now()));
    this.#demand = { at, timer };
  }

  async #onTheLine(number: string): Promise<boolean> {
    const rows = await this.deps.readPool.read((em) => em.execute<unknown[]>(em.getKnex()("core_interaction").select("id").where("channel", "voice").whereIn("caller_number", [...writtenForms(number)]).whereNull("ended_at").limit(1)));
    return rows.length > 0;
  }

  async #postpone(task: CallbackTaskRow, until: number): Promise<void> {
    const { store, unitOfWork } = this.deps;
    await unitOfWork.run(async (uow) => {
      const changed = await uow.em.nativeUpdate(CallbackTaskEntity, { id: task.id, version: task.version, status: "open" }, { nextAt: until, version: task.version + 1 });
      if (changed > 0) store.wakeAt(uow, { id: task.id, nextAt: until });
    });
  }

  #rest(agent: string): void {
    const { clock, config } = this.deps;
    const ms = config.agentPauseSeconds * 1000;
    this.#resting.set(agent, clock.monotonic() + ms);
    const timer = clock.setTimeout(() => {
      this.#timers.delete(timer);
      this.kick();
    }, ms);
    this.#timers.add(timer);
  }
}
