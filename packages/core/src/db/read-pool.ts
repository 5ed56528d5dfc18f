import type { SqlEntityManager } from "@mikro-orm/knex";
import type { ReadPool } from "../contracts/data.js";
import type { Activity } from "../contracts/time.js";
import { translateError } from "./database-error.js";
import type { Database } from "./orm.js";

/** See the contract. The connections themselves refuse writes. */
export class DatabaseReadPool implements ReadPool {
  readonly #database: () => Database;
  readonly #activity: Activity;

  /** @param database throws while the data layer is not open. */
  constructor(database: () => Database, activity: Activity) {
    this.#database = database;
    this.#activity = activity;
  }

  read<T>(fn: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    return this.#activity.track(this.#read(fn));
  }

  async #read<T>(fn: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    const database = this.#database();
    try {
      return await fn(database.reader());
    } catch (error) {
      throw translateError(error, database.place);
    }
  }
}
