import { readFile, writeFile } from "node:fs/promises";
import type { AbstractSqlConnection, AbstractSqlDriver } from "@mikro-orm/knex";
import type { MigrationClass } from "./migration.js";
import type { PluginMigration } from "./migrator.js";
import type { Database } from "./orm.js";

/**
 * SQLite databases as they are right after their migrations, one for each set of migrations. A
 * process that starts one throw-away hotline after the other (a test run) migrates each set once.
 */
export class MigratedCopies {
  readonly #copies = new Map<string, Buffer>();
  readonly #numbers = new WeakMap<MigrationClass, number>();
  #last = 0;

  /** Writes a migrated database to `file`, which must not exist; false when none with just these migrations is known. */
  async lay(file: string, migrations: readonly PluginMigration[]): Promise<boolean> {
    const copy = this.#copies.get(this.#key(migrations));
    if (copy === undefined) return false;
    await writeFile(file, copy, { mode: 0o600, flag: "wx" });
    return true;
  }

  /** A copy was migrated at another time. */
  async date(database: Database, at: number): Promise<void> {
    await connectionOf(database).execute("update core_migration set at = ?", [at], "run");
  }

  /** Keeps a database that holds these migrations and nothing else. */
  async keep(file: string, database: Database, migrations: readonly PluginMigration[]): Promise<void> {
    const [result] = await connectionOf(database).execute<{ busy: number }[]>("pragma wal_checkpoint(truncate)");
    // Everything must be in the file itself; whoever still reads the log keeps it from being so.
    if (result?.busy === 0) this.#copies.set(this.#key(migrations), await readFile(file));
  }

  /** The classes themselves, not their names: two plugins of one name in one process may bring different tables. */
  #key(migrations: readonly PluginMigration[]): string {
    return migrations.map(({ plugin, migration }) => `${plugin}/${migration.id}#${this.#number(migration)}`).join("\n");
  }

  #number(migration: MigrationClass): number {
    const known = this.#numbers.get(migration) ?? ++this.#last;
    this.#numbers.set(migration, known);
    return known;
  }
}

function connectionOf(database: Database): AbstractSqlConnection {
  return (database.orm.em.getDriver() as AbstractSqlDriver).getConnection();
}
