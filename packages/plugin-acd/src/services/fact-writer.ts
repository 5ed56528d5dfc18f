import { AsyncResource } from "node:async_hooks";
import { isHotlineError } from "@hotlinejs/core";
import type { Clock, Logger, Timer, UnitOfWork, Uow } from "@hotlinejs/core";

export type Fact = (uow: Uow) => Promise<void>;

/** Facts written in one transaction at most. */
const BATCH = 200;
const TRIES = 4;
/** Longest wait of a fact before it is written; what arrives meanwhile goes along in one transaction. An agent's telephone rings first. */
const GROUP_COMMIT_MS = 20;
/** Wait before facts that the database could not take are tried again. */
const RETRY_MS = 1_000;
/** The database cannot take anything at present (gone, disk full, locked): no fault of the fact. */
const PASSING = new Set(["HTL_CORE_DATABASE_UNREACHABLE", "HTL_CORE_STORAGE_FULL", "HTL_CORE_DATABASE_BUSY", "HTL_CORE_DATA_UNWRITABLE", "HTL_CORE_UNIT_TIMEOUT", "HTL_CORE_CONFLICT"]);

/**
 * Writes facts in the order in which they happened, several to a transaction, so that calls never
 * wait for the database. While the database cannot be reached, or its disk is full, facts are kept and tried
 * again until they are written. A batch that fails otherwise is tried again one by one; a fact that keeps
 * failing is logged and left out, the others go on.
 */
export class FactWriter {
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiting: Fact[] = [];
  // Facts are pushed from anywhere, also from inside an open unit of work; they must not join it.
  readonly #scope = new AsyncResource("AcdFactWriter");
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** Attempts in a row that the database did not take. */
  #failures = 0;

  constructor(deps: { unitOfWork: UnitOfWork; clock: Clock; log: Logger }) {
    this.#unitOfWork = deps.unitOfWork;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  push(fact: Fact): void {
    this.#waiting.push(fact);
    this.#later();
  }

  /** Facts not yet written. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** Resolves when all facts pushed so far are written or given up, or after some seconds in which the database took nothing: nobody waits for ever. */
  async flush(): Promise<void> {
    for (let failed = 0; this.#waiting.length > 0 || this.#writing !== undefined; ) {
      this.#now();
      await this.#writing;
      if (this.#failures === 0) continue;
      failed += 1;
      if (failed >= TRIES) {
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
    const done = await this.#together(batch);
    // Before all that came meanwhile: the order is kept.
    if (done < batch.length) {
      this.#waiting.unshift(...batch.slice(done));
      this.#failures += 1;
    } else this.#failures = 0;
    this.#writing = undefined;
    this.#later();
  }

  /** How many of the batch are written or given up; fewer than all when the database takes nothing. */
  async #together(batch: readonly Fact[]): Promise<number> {
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
  async #alone(fact: Fact): Promise<boolean> {
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

  #run(facts: readonly Fact[]): Promise<void> {
    return this.#unitOfWork.run(async (uow) => {
      for (const fact of facts) await fact(uow);
    });
  }
}

function isPassing(error: unknown): boolean {
  return isHotlineError(error) && PASSING.has(error.code);
}
