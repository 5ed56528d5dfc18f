import { createHash } from "node:crypto";
import type { Knex } from "@mikro-orm/knex";
import type { Logger } from "../log/logger.js";
import { dataErrors } from "./data-errors.js";
import type { PostgresAddress } from "./database-url.js";

interface LockConnection {
  query(sql: string): Promise<{ rows: { locked?: boolean }[] }>;
  on(event: "end", listener: () => void): void;
}

/** Tries before the database counts as in use: the server needs a moment to notice a killed process. */
const TRIES = 15;

/**
 * One hotline per PostgreSQL database: a session-level advisory lock on a connection kept for it.
 * The server lets go of it when the connection ends, so a dead process leaves nothing behind.
 */
export class PostgresLock {
  readonly #knex: Knex;
  readonly #connection: LockConnection;
  #released = false;

  private constructor(knex: Knex, connection: LockConnection) {
    this.#knex = knex;
    this.#connection = connection;
  }

  static async acquire(knex: Knex, address: PostgresAddress, log: Logger): Promise<PostgresLock> {
    const connection = (await knex.client.acquireConnection()) as LockConnection;
    try {
      const key = createHash("sha256").update("hotline").digest().readInt32BE(0);
      for (let tries = 1; ; tries++) {
        const { rows } = await connection.query(`select pg_try_advisory_lock(${key}) as locked`);
        if (rows[0]?.locked === true) break;
        if (tries >= TRIES) throw dataErrors.DATA_IN_USE(`the database ${address.shown}`, "");
        await connection.query("select pg_sleep(0.2)");
      }
    } catch (error) {
      await knex.client.releaseConnection(connection);
      throw error;
    }
    const lock = new PostgresLock(knex, connection);
    connection.on("end", () => {
      if (!lock.#released) log.error({ database: address.shown }, "the connection that keeps other hotlines off the database has ended; restart the hotline before starting another one on it");
    });
    return lock;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#knex.client.destroyRawConnection(this.#connection);
    await this.#knex.client.releaseConnection(this.#connection);
  }
}
