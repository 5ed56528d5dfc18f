import { createHash } from "node:crypto";
import type { Knex } from "@mikro-orm/knex";
import type { Clock, Timer } from "../contracts/time.js";
import type { Logger } from "../log/logger.js";
import { dataErrors } from "./data-errors.js";
import type { PostgresAddress } from "./database-url.js";

interface LockConnection {
  query(sql: string): Promise<{ rows: { locked?: boolean }[] }>;
  on(event: "end", listener: () => void): void;
}

/** Tries before the database counts as in use: the server needs a moment to notice a killed process. */
const TRIES = 15;
const KEY = createHash("sha256").update("hotline").digest().readInt32BE(0);

/**
 * One hotline per PostgreSQL database: a session-level advisory lock on a connection kept for it.
 * The server lets go of it when the connection ends, so a dead process leaves nothing behind. When
 * the connection is lost (the server was restarted) the lock is taken again.
 */
export class PostgresLock {
  readonly #knex: Knex;
  readonly #address: PostgresAddress;
  readonly #clock: Clock;
  readonly #log: Logger;
  #connection: LockConnection | undefined;
  #timer: Timer | undefined;
  #retaking: Promise<void> | undefined;
  #released = false;

  private constructor(knex: Knex, address: PostgresAddress, clock: Clock, log: Logger) {
    this.#knex = knex;
    this.#address = address;
    this.#clock = clock;
    this.#log = log;
  }

  /** `HTL_CORE_DATA_IN_USE` when another hotline has the database. */
  static async acquire(knex: Knex, address: PostgresAddress, clock: Clock, log: Logger): Promise<PostgresLock> {
    const lock = new PostgresLock(knex, address, clock, log);
    await lock.#take();
    return lock;
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#timer?.cancel();
    await this.#retaking;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) await this.#drop(connection);
  }

  async #take(): Promise<void> {
    const connection = (await this.#knex.client.acquireConnection()) as LockConnection;
    try {
      for (let tries = 1; ; tries++) {
        const { rows } = await connection.query(`select pg_try_advisory_lock(${KEY}) as locked`);
        if (rows[0]?.locked === true) break;
        if (tries >= TRIES) throw dataErrors.DATA_IN_USE(`the database ${this.#address.shown}`, "");
        await connection.query("select pg_sleep(0.2)");
      }
    } catch (error) {
      await this.#knex.client.releaseConnection(connection);
      throw error;
    }
    this.#connection = connection;
    connection.on("end", () => this.#lost(connection));
  }

  #lost(connection: LockConnection): void {
    if (this.#released || this.#connection !== connection) return;
    this.#connection = undefined;
    this.#log.warn({ database: this.#address.shown }, "the connection that keeps other hotlines off the database has ended; taking the lock again");
    this.#retakeIn(0, connection);
  }

  #retakeIn(ms: number, old?: LockConnection): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#retaking = this.#retake(ms, old);
    }, ms);
  }

  /** Never rejects. */
  async #retake(waited: number, old: LockConnection | undefined): Promise<void> {
    try {
      if (old !== undefined) await this.#knex.client.releaseConnection(old);
      await this.#take();
      this.#log.info({ database: this.#address.shown }, "the lock on the database is held again");
    } catch (error) {
      this.#log.error({ err: error, database: this.#address.shown }, "the lock on the database could not be taken again; another hotline may be using it");
      if (!this.#released) this.#retakeIn(Math.min(30_000, Math.max(1000, waited * 2)));
    }
  }

  async #drop(connection: LockConnection): Promise<void> {
    await this.#knex.client.destroyRawConnection(connection);
    await this.#knex.client.releaseConnection(connection);
  }
}
