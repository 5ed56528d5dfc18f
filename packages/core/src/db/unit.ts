import type { SqlEntityManager } from "@mikro-orm/knex";
import type { AuditEntry, JobRequest, Uow } from "../contracts/data.js";
import type { EventMap, EventName } from "../events/event-map.js";
import type { EventEnvelope } from "../plugin/plugin-context.js";
import { dataErrors } from "./data-errors.js";

export interface PendingEvent {
  readonly envelope: EventEnvelope;
  readonly aggregate: string | undefined;
  readonly durable: boolean;
  /** Payload as JSON, of durable ones, as it was when published. */
  readonly text: string | undefined;
}

export interface PendingJob {
  readonly id: string;
  readonly name: string;
  readonly key: string | undefined;
  readonly payload: string;
  readonly runAt: number;
}

export interface PendingAudit {
  readonly id: string;
  readonly at: number;
  readonly entry: AuditEntry;
}

/** What a unit of work has collected besides the entities. */
export interface UnitContent {
  readonly events: PendingEvent[];
  readonly jobs: PendingJob[];
  readonly audits: PendingAudit[];
  readonly callbacks: (() => void | Promise<void>)[];
}

/** Writes one kind of collected content into the transaction and is told of the commit. */
export interface UnitWriter {
  write(em: SqlEntityManager, content: UnitContent): Promise<void>;
  /** After the commit, outside of it. Must not throw. */
  committed(content: UnitContent): void;
}

/** How requests become content. They throw on what cannot be stored, at the place where it was asked for. */
export interface UnitContext {
  prepareEvent(name: EventName, payload: EventMap[EventName], aggregate: string | undefined): PendingEvent;
  prepareJob(job: JobRequest): PendingJob;
  prepareAudit(entry: AuditEntry): PendingAudit;
  now(): number;
}

/**
 * ```
 * open --fn and all that joined are done--> closing --commit or rollback--> closed
 * ```
 */
export class Unit implements Uow {
  readonly em: SqlEntityManager;
  readonly content: UnitContent = { events: [], jobs: [], audits: [], callbacks: [] };
  readonly #context: UnitContext;
  readonly #joined = new Set<Promise<unknown>>();
  #state: "open" | "closing" | "closed" = "open";
  #failed: { error: unknown } | undefined;

  constructor(em: SqlEntityManager, context: UnitContext) {
    this.em = em;
    this.#context = context;
  }

  get state(): "open" | "closing" | "closed" {
    return this.#state;
  }

  publish<N extends EventName>(name: N, payload: EventMap[N], options: { aggregate?: string } = {}): void {
    this.#assertOpen();
    this.content.events.push(this.#context.prepareEvent(name, payload, options.aggregate));
  }

  audit(entry: AuditEntry): void {
    this.#assertOpen();
    this.content.audits.push(this.#context.prepareAudit(entry));
  }

  enqueue(job: JobRequest): void {
    this.#assertOpen();
    this.content.jobs.push(this.#context.prepareJob(job));
  }

  onCommit(fn: () => void | Promise<void>): void {
    this.#assertOpen();
    this.content.callbacks.push(fn);
  }

  async seedOnce(key: string, fn: (uow: Uow) => Promise<void>): Promise<boolean> {
    this.#assertOpen();
    const rows = await this.em.execute<{ key: string }[]>("insert into core_seed (key, at) values (?, ?) on conflict do nothing returning key", [key, this.#context.now()]);
    if (rows.length === 0) return false;
    await fn(this);
    return true;
  }

  /**
   * A run inside an open unit. When it fails the whole unit fails, even if somebody catches the
   * error in between: half of a change is never committed (and PostgreSQL would not allow it).
   * So a run nobody awaits is not lost either: the unit waits for it and reports its error.
   */
  join<T>(fn: (uow: Uow) => Promise<T>): Promise<T> {
    const work = this.#joinedRun(fn);
    this.#joined.add(work);
    const settled = (): void => void this.#joined.delete(work);
    work.then(settled, settled);
    return work;
  }

  async #joinedRun<T>(fn: (uow: Uow) => Promise<T>): Promise<T> {
    try {
      return await fn(this);
    } catch (error) {
      this.#failed ??= { error };
      throw error;
    }
  }

  /** Waits for runs that joined and were not awaited; throws the first error of any. */
  async joinedSettled(): Promise<void> {
    while (this.#joined.size > 0) await Promise.allSettled(this.#joined);
    if (this.#failed !== undefined) throw this.#failed.error;
  }

  beginClosing(): void {
    this.#state = "closing";
  }

  close(): void {
    this.#state = "closed";
  }

  #assertOpen(): void {
    if (this.#state !== "open") throw dataErrors.UNIT_CLOSED();
  }
}
