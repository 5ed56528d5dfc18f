import { AsyncResource } from "node:async_hooks";
import { isHotlineError } from "@hotlinejs/core";
import type { Clock, Logger, Timer, UnitOfWork, Uow } from "@hotlinejs/core";
import type { Spool } from "./fact-spool.js";

export interface FactWriterDeps<F extends object> {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  /** Puts a fact into the database. `again`: whether the last attempt was committed is not known; it must count once. */
  readonly write: (uow: Uow, fact: F, again: boolean) => Promise<void>;
  /** Where facts wait on disk. Default: in memory only. */
  readonly spool?: Spool<F>;
}

/** Facts written in one transaction at most. */
const BATCH = 200;
const TRIES = 4;
/** Longest wait of a fact before it is written; what arrives meanwhile goes along in one transaction. An agent's telephone rings first. */
const GROUP_COMMIT_MS = 20;
/** Wait before facts that the database could not take are tried again. */
const RETRY_MS = 1_000;
/** An attempt that has not come to an end after so long may never do: what waits is kept on disk. */
const SLOW_MS = 1_000;
/** The database cannot take anything at present (gone, disk full, locked): no fault of the fact. */
const PASSING = new Set(["HTL_CORE_DATABASE_UNREACHABLE", "HTL_CORE_STORAGE_FULL", "HTL_CORE_DATABASE_BUSY", "HTL_CORE_DATA_UNWRITABLE", "HTL_CORE_UNIT_TIMEOUT", "HTL_CORE_CONFLICT"]);

/**
 * Writes facts in the order in which they happened, several to a transaction, so that calls never
 * wait for the database. While the database cannot be reached, or its disk is full, facts are kept and tried
 * again until they are written; meanwhile they are on disk, and `replay` of the next process writes them if this one
 * ends first. A batch that fails otherwise is tried again one by one; a fact that keeps
 * failing is logged and left out, the others go on.
 */
export class FactWriter<F extends object> {
  readonly #deps: FactWriterDeps<F>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiting: F[] = [];
  /** Being written. */
  #batch: readonly F[] = [];
  /** Tried before: it may be in the database already. */
  readonly #tried = new WeakSet<F>();
  // Facts are pushed from anywhere, also from inside an open unit of work; they must not join it.
  readonly #scope = new AsyncResource("AcdFactWriter");
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** Attempts in a row that the database did not take. */
  #failures = 0;
  /** An outage: facts go to disk too. */
  #spooling = false;
  /** Pushed since the last went to disk. */
  readonly #unspooled: F[] = [];
  #spoolTimer: Timer | undefined;

  constructor(deps: FactWriterDeps<F>) {
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  push(fact: F): void {
    this.#waiting.push(fact);
    if (this.#spooling) {
      this.#unspooled.push(fact);
      this.#spoolTimer ??= this.#scope.runInAsyncScope(() => this.#clock.setTimeout(() => this.#toDisk(), GROUP_COMMIT_MS));
    }
    this.#later();
  }

  /** Writes what an earlier process has left on disk. Before anything else is pushed. Returns how much it was. */
  async replay(): Promise<number> {
    const { spool } = this.#deps;
    const left = spool?.read() ?? [];
    for (const fact of left) this.#tried.add(fact);
    this.#waiting.push(...left);
    // They are on disk, and leave it when all are written.
    this.#spooling = left.length > 0;
    await this.flush();
    if (left.length > 0 && this.pending === 0) this.#log.info({ facts: left.length }, "queue facts that an earlier process could not write are in the database now");
    return left.length;
  }

  /** Facts not yet written. */
  get pending(): number {
    return this.#waiting.length + this.#batch.length;
  }

  /** Resolves when all facts pushed so far are written or given up, or after some seconds in which the database took nothing: nobody waits for ever. */
  async flush(): Promise<void> {
    for (let failed = 0; this.#waiting.length > 0 || this.#writing !== undefined; ) {
      this.#now();
      await this.#writing;
      if (this.#failures === 0) continue;
      failed += 1;
      if (failed >= TRIES) {
        this.#toDisk();
        this.#log.error({ facts: this.#waiting.length }, "the database takes nothing; queue facts still wait");
        return;
      }
      await this.#clock.sleep(RETRY_MS);
    }
  }

  #later(): void {
    if (this.#writing !== undefined || this.#waiting.length === 0) return;
    this.#timer ??= this.#scope.runInAsyncScope(() => this.#clock.setTimeout(() => this.#now(), this.#failures === 0 ? GROUP_COMMIT_MS : RETRY_MS));
  }

  #now(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#scope.runInAsyncScope(() => this.#write());
  }

  async #write(): Promise<void> {
    const batch = this.#waiting.splice(0, BATCH);
    this.#batch = batch;
    const slow = this.#deps.spool === undefined ? undefined : this.#clock.setTimeout(() => this.#spool(), SLOW_MS);
    const done = await this.#together(batch);
    slow?.cancel();
    this.#batch = [];
    // Before all that came meanwhile: the order is kept.
    if (done < batch.length) {
      this.#waiting.unshift(...batch.slice(done));
      this.#failures += 1;
      this.#spool();
    } else {
      this.#failures = 0;
      if (this.#waiting.length === 0) this.#overcome();
    }
    this.#writing = undefined;
    this.#later();
  }

  /** From here on everything that waits is on disk too. */
  #spool(): void {
    if (this.#spooling || this.#deps.spool === undefined) return;
    this.#spooling = true;
    this.#unspooled.push(...this.#batch, ...this.#waiting);
    this.#toDisk();
  }

  #toDisk(): void {
    this.#spoolTimer?.cancel();
    this.#spoolTimer = undefined;
    if (this.#unspooled.length > 0 && this.#deps.spool?.append(this.#unspooled) === true) this.#unspooled.length = 0;
  }

  /** The outage is over, and everything is in the database. */
  #overcome(): void {
    if (!this.#spooling) return;
    this.#spooling = false;
    this.#spoolTimer?.cancel();
    this.#spoolTimer = undefined;
    this.#unspooled.length = 0;
    this.#deps.spool?.clear();
  }

  /** How many of the batch are written or given up; fewer than all when the database takes nothing. */
  async #together(batch: readonly F[]): Promise<number> {
    try {
      await this.#run(batch);
      return batch.length;
    } catch (error) {
      if (isPassing(error)) {
        this.#keep(error);
        return 0;
      }
      this.#log.warn({ err: error, facts: batch.length }, "queue facts could not be written together; trying one by one");
    }
    for (const [index, fact] of batch.entries()) if (!(await this.#alone(fact))) return index;
    return batch.length;
  }

  /** `false`: the database takes nothing. */
  async #alone(fact: F): Promise<boolean> {
    for (let tried = 1; ; tried++) {
      try {
        await this.#run([fact]);
        return true;
      } catch (error) {
        if (isPassing(error)) {
          this.#keep(error);
          return false;
        }
        if (tried >= TRIES) {
          this.#log.error({ err: error }, "a queue fact could not be written and is lost for reports");
          return true;
        }
        await this.#clock.sleep(250 * 2 ** tried);
      }
    }
  }

  /** Told once per outage. */
  #keep(error: unknown): void {
    if (this.#failures === 0) this.#log.error({ err: error }, "the database takes no queue facts; they are kept and tried again");
  }

  async #run(facts: readonly F[]): Promise<void> {
    const { unitOfWork, write } = this.#deps;
    try {
      await unitOfWork.run(async (uow) => {
        for (const fact of facts) await write(uow, fact, this.#tried.has(fact));
      });
    } catch (error) {
      // Where the connection was lost at the commit, it may have been done.
      for (const fact of facts) this.#tried.add(fact);
      throw error;
    }
  }
}

function isPassing(error: unknown): boolean {
  return isHotlineError(error) && PASSING.has(error.code);
}
