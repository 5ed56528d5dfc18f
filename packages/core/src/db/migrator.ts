import type { AbstractSqlDriver, Knex } from "@mikro-orm/knex";
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

const TABLE = "core_migration";

/**
 * Brings the database up to date: plugin by plugin as given, within a plugin by id, each migration
 * in a transaction of its own together with its entry in `core_migration`. Plugins that are left
 * out keep their tables. A migration in the database that a present plugin does not know means an
 * older version runs on a newer database: `HTL_CORE_MIGRATION_UNKNOWN`, nothing is touched.
 */
export async function migrate(database: Database, migrations: readonly PluginMigration[], now: () => number, log: Logger): Promise<readonly string[]> {
  const driver = database.orm.em.getDriver() as AbstractSqlDriver;
  const connection = driver.getConnection();
  const numberType = database.kind === "postgres" ? "bigint" : "integer";
  await connection.execute(`create table if not exists ${TABLE} (name text not null primary key, at ${numberType} not null)`);
  const rows = await connection.execute<{ name: string }[]>(`select name from ${TABLE} order by name`);
  const applied = new Set(rows.map((row) => row.name));

  const ordered = order(migrations);
  const known = new Set(ordered.map((entry) => entry.name));
  const plugins = new Set(ordered.map((entry) => entry.plugin));
  for (const name of applied) {
    const plugin = name.slice(0, name.indexOf("/"));
    if (plugins.has(plugin) && !known.has(name)) throw dataErrors.MIGRATION_UNKNOWN(plugin, name);
  }

  const done: string[] = [];
  for (const { name, migration: Migration } of ordered) {
    if (applied.has(name)) continue;
    try {
      await connection.transactional(async (transaction) => {
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
        await driver.execute(`insert into ${TABLE} (name, at) values (?, ?)`, [name, now()], "run", transaction);
      });
    } catch (error) {
      const coded = translateError(error, database.place);
      if (coded !== error) throw coded;
      throw dataErrors.MIGRATION_FAILED(name, errorText(error).slice(0, 2000), { cause: error });
    }
    done.push(name);
    log.info({ migration: name }, "migrated");
  }
  return done;
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
