import { AsyncLocalStorage } from "node:async_hooks";
import type { SqlEntityManager, Transaction } from "@mikro-orm/knex";
import type { UnitOfWork, Uow } from "../contracts/data.js";
import type { DataHealth } from "../contracts/http.js";
import type { Activity, Clock } from "../contracts/time.js";
import type { Logger } from "../log/logger.js";
import { dataErrors } from "./data-errors.js";
import { driverCode, translateError } from "./database-error.js";
import type { Database } from "./orm.js";
import { Unit, type UnitContext, type UnitWriter } from "./unit.js";
import { WriteLock } from "./write-lock.js";

export interface UnitOfWorkOptions extends UnitContext {
  /** Throws while the data layer is not open. */
  readonly database: () => Database;
  readonly clock: Clock;
  readonly activity: Activity;
  readonly log: Logger;
  /** Write what was collected, in this order, right before the commit. */
  readonly writers: readonly UnitWriter[];
  /** A unit that takes longer is rolled back, ms. Default 30 000. */
  readonly timeoutMs?: number;
}

/** A unit that is open longer is told in the log, ms: it should do nothing but read and write the database. */
const LONG_MS = 5_000;
/** Tries to begin while another program has the SQLite file locked; each waits for busy_timeout. */
const BEGIN_TRIES = 3;

/** See the contract. On SQLite units run one after the other, in the order of asking. */
export class DatabaseUnitOfWork implements UnitOfWork {
  readonly #options: UnitOfWorkOptions;
  readonly #store = new AsyncLocalStorage<Unit | undefined>();
  readonly #lock = new WriteLock();
  readonly #running = new Set<Promise<unknown>>();
  /** Open longer than they should be. */
  readonly #long = new Set<Unit>();
  #timeouts = 0;

  constructor(options: UnitOfWorkOptions) {
    this.#options = options;
  }

  get current(): Uow | undefined {
    return this.currentUnit;
  }

  /** The open unit as the data layer itself sees it. */
  get currentUnit(): Unit | undefined {
    const unit = this.#store.getStore();
    return unit?.state === "open" ? unit : undefined;
  }

  run<T>(fn: (uow: Uow) => Promise<T>): Promise<T> {
    const open = this.currentUnit;
    if (open !== undefined) return open.join(fn);
    const running = this.#options.activity.track(this.#run(fn));
    this.#running.add(running);
    const settled = (): void => void this.#running.delete(running);
    running.then(settled, settled);
    return running;
  }

  /** See `HotlineHealth.data`. */
  get health(): DataHealth {
    const long = this.#long.size;
    const figures = { waiting: this.#lock.waiting, long, timeouts: this.#timeouts };
    return long === 0 ? { ok: true, ...figures } : { ok: false, message: `a unit of work has been open for more than ${LONG_MS / 1_000} s`, ...figures };
  }

  /** Resolves when every unit that was begun has ended. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Runs `fn` outside whatever unit is open here: for what must not join it, such as a worker's loop. */
  detached<T>(fn: () => T): T {
    return this.#store.run(undefined, fn);
  }

  async #run<T>(fn: (uow: Uow) => Promise<T>): Promise<T> {
    const database = this.#options.database();
    const unit = database.kind === "sqlite" ? await this.#lock.run(() => this.#transact(database, fn)) : await this.#transact(database, fn);
    this.detached(() => this.#afterCommit(unit.unit));
    return unit.result;
  }

  async #transact<T>(database: Database, fn: (uow: Uow) => Promise<T>): Promise<{ result: T; unit: Unit }> {
    // The layer may have been closed while this one waited for its turn.
    this.#options.database();
    const em = database.writer();
    const transaction = await this.#begin(database, em);
    const unit = new Unit(em, this.#options);
    const timeoutMs = this.#options.timeoutMs ?? 30_000;
    let expire: (error: unknown) => void = () => undefined;
    const expired = new Promise<never>((_resolve, reject) => {
      expire = reject;
    });
    const { clock, log } = this.#options;
    const tooLong = (): void => {
      this.#timeouts++;
      log.error({ timeoutMs, waiting: this.#lock.waiting }, "a unit of work took too long and is rolled back");
      expire(dataErrors.UNIT_TIMEOUT(timeoutMs));
    };
    const long = (): void => {
      this.#long.add(unit);
      log.warn({ forMs: LONG_MS, waiting: this.#lock.waiting }, database.kind === "sqlite" ? "a unit of work takes long; until it ends nobody else can write" : "a unit of work takes long");
      timer = clock.setTimeout(tooLong, timeoutMs - LONG_MS);
    };
    // One timer at a time: units are many.
    let timer = timeoutMs > LONG_MS ? clock.setTimeout(long, LONG_MS) : clock.setTimeout(tooLong, timeoutMs);
    try {
      const result = await Promise.race([this.#store.run(unit, () => this.#collect(unit, fn)), expired]);
      await em.getConnection("write").commit(transaction);
      unit.close();
      return { result, unit };
    } catch (error) {
      unit.close();
      await this.#rollback(database, em, transaction);
      throw translateError(error, database.place);
    } finally {
      timer.cancel();
      this.#long.delete(unit);
    }
  }

  /** The function, what joined it, and everything it left to write. */
  async #collect<T>(unit: Unit, fn: (uow: Uow) => Promise<T>): Promise<T> {
    const result = await fn(unit);
    await unit.joinedSettled();
    unit.beginClosing();
    await unit.em.flush();
    for (const writer of this.#options.writers) await writer.write(unit.em, unit.content);
    return result;
  }

  async #begin(database: Database, em: SqlEntityManager): Promise<Transaction> {
    for (let tries = 1; ; tries++) {
      try {
        const transaction = (await em.getConnection("write").begin()) as Transaction;
        // knex reports a failed BEGIN only through the transaction's own promise.
        const execution = transaction.executionPromise;
        execution.then(undefined, () => undefined);
        if (transaction.isCompleted()) await execution;
        em.setTransactionContext(transaction);
        return transaction;
      } catch (error) {
        if (driverCode(error) === "SQLITE_BUSY" && tries < BEGIN_TRIES) continue;
        throw translateError(error, database.place);
      }
    }
  }

  /** The context stays set on the entity manager: whoever kept it gets an error, not a statement outside any transaction. */
  async #rollback(database: Database, em: SqlEntityManager, transaction: Transaction): Promise<void> {
    const connection = em.getConnection("write");
    try {
      if (!transaction.isCompleted()) await connection.rollback(transaction);
      // knex takes a failed COMMIT for the end, but SQLite may keep the transaction open.
      else if (database.kind === "sqlite") await connection.execute("rollback");
    } catch (error) {
      // A full disk or a lost connection has rolled back by itself.
      this.#options.log.debug({ err: error }, "rollback failed");
    }
  }

  #afterCommit(unit: Unit): void {
    for (const fn of unit.content.callbacks) {
      try {
        const running = fn();
        if (running !== undefined) void this.#options.activity.track(running).then(undefined, (error: unknown) => this.#callbackFailed(error));
      } catch (error) {
        this.#callbackFailed(error);
      }
    }
    for (const writer of this.#options.writers) writer.committed(unit.content);
  }

  #callbackFailed(error: unknown): void {
    this.#options.log.error({ err: error }, "a function given to onCommit failed");
  }
}
