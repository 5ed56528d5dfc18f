import type { SqlEntityManager } from "@mikro-orm/knex";
import type { ReadPool } from "../contracts/data.js";
import type { Activity, Clock, Timer } from "../contracts/time.js";
import { dataErrors } from "../db/data-errors.js";
import type { PendingEvent } from "../db/unit.js";
import type { DatabaseUnitOfWork } from "../db/unit-of-work.js";
import type { Logger } from "../log/logger.js";
import type { ConsumeOptions, EventEnvelope } from "../plugin/plugin-context.js";
import { OutboxConsumer } from "./outbox-consumer.js";

export interface OutboxOptions {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly log: Logger;
  readonly readPool: ReadPool;
  readonly unitOfWork: () => DatabaseUnitOfWork;
  readonly databaseKind: () => "sqlite" | "postgres";
  readonly reportFailure: (plugin: string, event: string, error: unknown) => void;
}

/** Aggregates whose last number is asked for in one statement. */
const AGGREGATES_ASKED = 500;
/** Consumed events are kept this long, for consumers that are added with `from: "beginning"`. */
export const KEEP_EVENTS_MS = 7 * 86_400_000;
/** A consumer that was not seen for so long is forgotten, and no longer holds events back. */
export const FORGET_CONSUMER_MS = 30 * 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;
const SWEEP_BATCH = 1000;

/** "hotline outbox" as a number: the advisory lock that makes position order commit order on PostgreSQL. */
const POSTGRES_LOCK = 0x484f5458;

/** What a consumer has before it. */
export interface ConsumerBacklog {
  readonly consumer: string;
  /** Events not given to it yet, at most 10 000. */
  readonly waiting: number;
  /** Events it failed on, set aside for another try. */
  readonly held: number;
}

const MOST_COUNTED = 10_000;

/** The log of durable events and its consumers. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #consumers = new Map<string, OutboxConsumer>();
  #state: "idle" | "open" | "running" | "draining" = "idle";
  #sweeper: Timer | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  consume(plugin: string, consumer: string, event: string, fn: (payload: unknown, envelope: EventEnvelope) => Promise<void>, options: ConsumeOptions): void {
    const name = `${plugin}/${consumer}`;
    let found = this.#consumers.get(name);
    if (found === undefined) {
      found = new OutboxConsumer(name, plugin, options.from ?? "end", this.#options);
      this.#consumers.set(name, found);
    }
    if (!found.add(event, fn)) throw dataErrors.CONSUMER_DUPLICATE(name, event);
    if (this.#state === "running") found.start();
  }

  consumed(): { consumer: string; event: string }[] {
    return [...this.#consumers.values()].flatMap((consumer) => consumer.events().map((event) => ({ consumer: consumer.name, event })));
  }

  backlog(): Promise<readonly ConsumerBacklog[]> {
    return Promise.all([...this.#consumers.values()].map(async (consumer) => ({ consumer: consumer.name, ...(await consumer.backlog(MOST_COUNTED)) })));
  }

  /** Finds out where every consumer stands, so that what is published from now on reaches new ones too. */
  async open(): Promise<void> {
    for (const consumer of this.#consumers.values()) await consumer.load();
    this.#state = "open";
  }

  start(): void {
    this.#state = "running";
    for (const consumer of this.#consumers.values()) consumer.start();
    this.#sweeper = this.#options.clock.setInterval(() => void this.#options.activity.track(this.#sweepSafely()), SWEEP_EVERY_MS);
  }

  /** Takes nothing more; resolves when the runs in progress have ended. */
  async drain(): Promise<void> {
    this.#state = "draining";
    this.#sweeper?.cancel();
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
  }

  wake(events: readonly string[]): void {
    if (this.#state !== "running" || events.length === 0) return;
    for (const consumer of this.#consumers.values()) {
      if (events.some((event) => consumer.takes(event))) consumer.wake();
    }
  }

  /** Writes durable events; the last thing a unit of work does before its commit. */
  async write(em: SqlEntityManager, events: readonly PendingEvent[]): Promise<void> {
    if (events.length === 0) return;
    // Positions are given out in the order of commit, or a consumer could pass one that appears later.
    if (this.#options.databaseKind() === "postgres") await em.execute("select pg_advisory_xact_lock(?)", [POSTGRES_LOCK]);
    const aggregates = events.map((event) => event.aggregate).filter((aggregate) => aggregate !== undefined);
    // A group commit ends many calls at once, each with one event: then the database counts by itself, and one way to it is spared.
    const once = new Set(aggregates).size === aggregates.length;
    const last = once ? undefined : await this.#lastNumbers(em, [...new Set(aggregates)]);
    const seqOf = once ? "(select coalesce(max(seq), 0) + 1 from core_outbox where aggregate = ?)" : "?";
    const rows: string[] = [];
    const values: unknown[] = [];
    for (const { envelope, aggregate, text } of events) {
      rows.push(`(?, ?, ${aggregate === undefined ? "?" : seqOf}, ?, ?, ?, ?)`);
      values.push(envelope.id, aggregate ?? null, aggregate === undefined ? null : last === undefined ? aggregate : next(last, aggregate), envelope.name, envelope.v, text ?? "null", envelope.at);
    }
    await em.execute(`insert into core_outbox (id, aggregate, seq, name, v, payload, at) values ${rows.join(", ")}`, values, "run");
  }

  async #lastNumbers(em: SqlEntityManager, aggregates: readonly string[]): Promise<Map<string, number>> {
    const last = new Map<string, number>();
    for (let from = 0; from < aggregates.length; from += AGGREGATES_ASKED) {
      const asked = aggregates.slice(from, from + AGGREGATES_ASKED);
      const rows = await em.execute<{ aggregate: string; seq: number }[]>(`select aggregate, max(seq) as seq from core_outbox where aggregate in (${asked.map(() => "?").join(", ")}) group by aggregate`, asked);
      for (const row of rows) last.set(row.aggregate, Number(row.seq));
    }
    return last;
  }

  /** Deletes what every consumer has seen and is older than KEEP_EVENTS_MS. Resolves with the number. */
  async sweep(): Promise<number> {
    const now = this.#options.clock.now();
    const unitOfWork = this.#options.unitOfWork();
    const live = new Map([...this.#consumers.values()].map((consumer) => [consumer.name, consumer.position]));
    return unitOfWork.detached(async () => {
      const upTo = await unitOfWork.run(async ({ em }) => {
        const rows = await em.execute<{ name: string; position: number | string; updated_at: number | string }[]>("select name, position, updated_at from core_consumer");
        let lowest = Number.MAX_SAFE_INTEGER;
        for (const row of rows) {
          if (!live.has(row.name) && Number(row.updated_at) < now - FORGET_CONSUMER_MS) {
            await em.execute("delete from core_consumer where name = ?", [row.name], "run");
            await em.execute("delete from core_held_event where consumer = ?", [row.name], "run");
            this.#options.log.warn({ consumer: row.name }, "a consumer that was not seen for a month is forgotten");
          } else lowest = Math.min(lowest, live.get(row.name) ?? Number(row.position));
        }
        return lowest;
      });
      let total = 0;
      for (;;) {
        const deleted = await unitOfWork.run(async ({ em }) => {
          const due = "select position from core_outbox where at < ? and position <= ? and position not in (select position from core_held_event) order by position limit ?";
          const result = await em.execute<{ affectedRows: number }>(`delete from core_outbox where position in (${due})`, [now - KEEP_EVENTS_MS, upTo, SWEEP_BATCH], "run");
          return result.affectedRows;
        });
        total += deleted;
        if (deleted < SWEEP_BATCH) return total;
      }
    });
  }

  async #sweepSafely(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.#options.log.error({ err: error }, "sweeping the outbox failed");
    }
  }
}

function next(last: Map<string, number>, aggregate: string): number {
  const seq = (last.get(aggregate) ?? 0) + 1;
  last.set(aggregate, seq);
  return seq;
}
