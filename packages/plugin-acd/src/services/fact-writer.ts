import { AsyncResource } from "node:async_hooks";
import type { Clock, Logger, Timer, UnitOfWork, Uow } from "@hotlinejs/core";

export type Fact = (uow: Uow) => Promise<void>;

/** Facts written in one transaction at most. */
const BATCH = 200;
const TRIES = 4;
/** Longest wait of a fact before it is written; what arrives meanwhile goes along in one transaction. An agent's telephone rings first. */
const GROUP_COMMIT_MS = 20;

/**
 * Writes facts in the order in which they happened, several to a transaction, so that calls never
 * wait for the database. A batch that fails is tried again one by one; a fact that keeps failing is
 * logged and left out, the others go on.
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

  /** Resolves when all facts pushed so far are written or given up. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing !== undefined) {
      this.#now();
      await this.#writing;
    }
  }

  #later(): void {
    if (this.#writing !== undefined || this.#waiting.length === 0) return;
    this.#timer ??= this.#scope.runInAsyncScope(() => this.#clock.setTimeout(() => this.#now(), GROUP_COMMIT_MS));
  }

  #now(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#scope.runInAsyncScope(() => this.#write());
  }

  async #write(): Promise<void> {
    const batch = this.#waiting.splice(0, BATCH);
    try {
      await this.#run(batch);
    } catch (error) {
      this.#log.warn({ err: error, facts: batch.length }, "queue facts could not be written together; trying one by one");
      for (const fact of batch) await this.#alone(fact);
    }
    this.#writing = undefined;
    this.#later();
  }

  async #alone(fact: Fact): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#run([fact]);
      } catch (error) {
        if (tried >= TRIES) {
          this.#log.error({ err: error }, "a queue fact could not be written and is lost for reports");
          return;
        }
        await this.#clock.sleep(250 * 2 ** tried);
      }
    }
  }

  #run(facts: readonly Fact[]): Promise<void> {
    return this.#unitOfWork.run(async (uow) => {
      for (const fact of facts) await fact(uow);
    });
  }
}
