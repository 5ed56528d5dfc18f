import type { AbstractSqlDriver, Knex, Transaction } from "@mikro-orm/knex";
import type { Clock, Timer } from "../contracts/time.js";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import { dataErrors } from "./data-errors.js";
import { translateError } from "./database-error.js";
import type { MigrationClass } from "./migration.js";
import type { Database } from "./orm.js";
import { splitStatements } from "./split-statements.js";

/** A migration and the plugin that brought it (`core` for core's own). Given in the order of the plugin graph. */
export interface PluginMigration {
  readonly plugin: string;
  readonly migration: MigrationClass;
}

export interface MigratorDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** What one migration may take, ms. */
  readonly limitMs: number;
}

const TABLE = "core_migration";
/** Whoever waits for a start is told of a migration that takes longer, ms. */
const LONG_MS = 10_000;

/**
 * Brings the database up to date: plugin by plugin as given, within a plugin by id, each migration
 * in a transaction of its own together with its entry in `core_migration`. Plugins that are left
 * out keep their tables. A migration in the database that a present plugin does not know means an
 * older version runs on a newer database: `HTL_CORE_MIGRATION_UNKNOWN`, nothing is touched. One that
 * takes longer than the limit is stopped and rolled back: `HTL_CORE_MIGRATION_TIMEOUT`.
 */
export async function migrate(database: Database, migrations: readonly PluginMigration[], { clock, log, limitMs }: MigratorDeps): Promise<readonly string[]> {
  const driver = database.orm.em.getDriver() as AbstractSqlDriver;
  const connection = driver.getConnection();
  const numberType = database.kind === "postgres" ? "bigint" : "integer";
  await connection.execute(`create table if not exists ${TABLE} (name text not null primary key, at ${numberType} not null)`);
  const done: string[] = [];
  for (const { name, migration: Migration } of pending(migrations, await applied(database))) {
    const limit = new TimeLimit(name, { clock, log, limitMs });
    const run = async (transaction: Transaction): Promise<void> => {
      await limitStatements(database, transaction as unknown as Knex.Transaction, limit, limitMs);
      const migration = new Migration(driver, database.orm.config);
      migration.reset();
      migration.setTransactionContext(transaction);
      // Within the transaction: on SQLite's one connection anything else would wait for itself.
      Object.assign(migration, { getKnex: () => transaction as unknown as Knex });
      await migration.up();
      for (const query of migration.getQueries()) {
        if (typeof query !== "string") await driver.execute(query as unknown as string, undefined, "all", transaction);
        else for (const statement of splitStatements(query)) await driver.execute(statement, undefined, "all", transaction);
      }
      await driver.execute(`insert into ${TABLE} (name, at) values (?, ?)`, [name, clock.now()], "run", transaction);
    };
    try {
      await connection.transactional((transaction) => limit.watch(() => run(transaction)));
    } catch (error) {
      // However a statement that was stopped calls it.
      if (limit.over) throw dataErrors.MIGRATION_TIMEOUT(name, limitMs / 1_000, { details: { migration: name }, cause: error });
      const coded = translateError(error, database.place);
      if (coded !== error) throw coded;
      throw dataErrors.MIGRATION_FAILED(name, errorText(error).slice(0, 2000), { cause: error });
    }
    done.push(name);
    log.info({ migration: name }, "migrated");
  }
  return done;
}

/** Tells of a migration that takes long, and ends the waiting for one that takes too long. */
class TimeLimit {
  #over = false;
  #stop: () => void = () => undefined;

  constructor(
    private readonly name: string,
    private readonly deps: MigratorDeps,
  ) {}

  /** Whether the time is up. */
  get over(): boolean {
    return this.#over;
  }

  /** What ends the statement that runs then. */
  onOver(stop: () => void): void {
    this.#stop = stop;
  }

  async watch(work: () => Promise<void>): Promise<void> {
    const { clock, log, limitMs } = this.deps;
    const migration = this.name;
    let timer: Timer | undefined;
    const expired = new Promise<never>((_resolve, reject) => {
      const expire = (): void => {
        this.#over = true;
        log.error({ migration, limitMs }, "a migration took too long; it is stopped and rolled back");
        this.#stop();
        reject(new Error("the time is up"));
      };
      const long = (): void => {
        log.warn({ migration, forMs: LONG_MS, limitMs }, "a migration takes long; the hotline starts when it is through");
        timer = clock.setTimeout(expire, limitMs - LONG_MS);
      };
      timer = limitMs > LONG_MS ? clock.setTimeout(long, LONG_MS) : clock.setTimeout(expire, limitMs);
    });
    try {
      await Promise.race([work(), expired]);
    } finally {
      timer?.cancel();
    }
  }
}

/** So that also a statement in the middle of its work, or one that waits for a lock, ends with the time. */
async function limitStatements(database: Database, transaction: Knex.Transaction, limit: TimeLimit, limitMs: number): Promise<void> {
  if (database.kind === "postgres") {
    // A moment later than the clock here, which tells it.
    await transaction.raw(`set local statement_timeout = ${Math.round(limitMs) + 1_000}`);
    return;
  }
  const connection = (await (transaction.client as { acquireConnection(): Promise<unknown> }).acquireConnection()) as { interrupt(): void };
  limit.onOver(() => connection.interrupt());
}

/** Names of the migrations in the database, as it is; none when it has no table of them. */
export async function appliedMigrations(database: Database): Promise<readonly string[]> {
  const connection = (database.orm.em.getDriver() as AbstractSqlDriver).getConnection();
  const found = await connection.execute<unknown[]>(database.kind === "postgres" ? `select 1 from information_schema.tables where table_schema = current_schema() and table_name = '${TABLE}'` : `select 1 from sqlite_master where name = '${TABLE}'`);
  return found.length === 0 ? [] : applied(database);
}

/** Names of the migrations that `migrate` would run. `HTL_CORE_MIGRATION_UNKNOWN` as there. */
export function pendingMigrations(migrations: readonly PluginMigration[], done: readonly string[]): readonly string[] {
  return pending(migrations, done).map(({ name }) => name);
}

/** Names of all migrations in the order they run. */
export function migrationNames(migrations: readonly PluginMigration[]): readonly string[] {
  return order(migrations).map(({ name }) => name);
}

async function applied(database: Database): Promise<readonly string[]> {
  const connection = (database.orm.em.getDriver() as AbstractSqlDriver).getConnection();
  return (await connection.execute<{ name: string }[]>(`select name from ${TABLE} order by name`)).map((row) => row.name);
}

function pending(migrations: readonly PluginMigration[], done: readonly string[]): ReturnType<typeof order> {
  const ordered = order(migrations);
  const known = new Set(ordered.map((entry) => entry.name));
  const plugins = new Set(ordered.map((entry) => entry.plugin));
  for (const name of done) {
    const plugin = name.slice(0, name.indexOf("/"));
    if (plugins.has(plugin) && !known.has(name)) throw dataErrors.MIGRATION_UNKNOWN(plugin, name);
  }
  return ordered.filter(({ name }) => !done.includes(name));
}

function order(migrations: readonly PluginMigration[]): { plugin: string; name: string; migration: MigrationClass }[] {
  const plugins = [...new Set(migrations.map((entry) => entry.plugin))];
  return plugins.flatMap((plugin) =>
    migrations
      .filter((entry) => entry.plugin === plugin)
      .map((entry) => ({ plugin, name: `${plugin}/${entry.migration.id}`, migration: entry.migration }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  );
}
