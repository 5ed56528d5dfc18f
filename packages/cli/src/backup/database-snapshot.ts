import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { SqliteHandle, type HotlineStorage } from "@hotlinejs/core/storage";
import { existsSync } from "node:fs";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { errors } from "../errors.js";
import type { ArchiveWriter } from "./archive-writer.js";
import { paths, type Tables } from "./manifest.js";
import { connect, quoted } from "./postgres.js";

/** The database of one moment, until `close`. */
export interface DatabaseSnapshot {
  readonly migrations: readonly string[];
  readonly keyId: string | null;
  /** Adds its parts. `work` is a folder for what must be written aside first. */
  write(archive: ArchiveWriter, work: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws HTL_CLI_DATA_MISSING */
export async function pinDatabase(storage: HotlineStorage): Promise<DatabaseSnapshot> {
  const { database } = storage;
  if (database.kind === "postgres") return PostgresSnapshot.take(database);
  if (!existsSync(database.file)) throw errors.DATA_MISSING(storage.dataDir);
  return SqliteSnapshot.take(database.file, storage.dataDir);
}

class SqliteSnapshot implements DatabaseSnapshot {
  private constructor(
    private readonly handle: SqliteHandle,
    readonly migrations: readonly string[],
    readonly keyId: string | null,
  ) {}

  static async take(file: string, dataDir: string): Promise<SqliteSnapshot> {
    const handle = await SqliteHandle.observe(file);
    try {
      await handle.pin();
      const known = await handle.all<{ name: string }>("select name from sqlite_master where name in ('core_migration', 'core_state')");
      if (known.length < 2) throw errors.DATA_MISSING(dataDir);
      const migrations = (await handle.all<{ name: string }>("select name from core_migration order by name")).map(({ name }) => name);
      const key = await handle.get<{ value: string }>("select value from core_state where key = 'secret.key-id'");
      return new SqliteSnapshot(handle, migrations, key?.value ?? null);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async write(archive: ArchiveWriter, work: string): Promise<void> {
    const copy = join(work, "hotline.db");
    await this.handle.copyTo(copy);
    await archive.addPartFile(paths.sqlite, copy);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/*
 * PostgreSQL is exported by us, in one repeatable-read transaction with COPY, instead of by pg_dump:
 * the machine of a hotline need not have PostgreSQL's client programs, pg_dump refuses servers newer
 * than itself, and the tables are made by the code's own migrations anyway, so that what is restored
 * has exactly the schema the code expects.
 */
class PostgresSnapshot implements DatabaseSnapshot {
  private constructor(
    private readonly client: pg.Client,
    private readonly tables: Tables["tables"],
    readonly migrations: readonly string[],
    readonly keyId: string | null,
  ) {}

  static async take(database: Extract<HotlineStorage["database"], { kind: "postgres" }>): Promise<PostgresSnapshot> {
    const client = await connect(database);
    try {
      await client.query("begin isolation level repeatable read read only");
      const { rows } = await client.query<{ name: string; columns: string[] }>(
        `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
           from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
          where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          group by c.relname order by c.relname`,
      );
      if (!rows.some(({ name }) => name === "core_migration")) throw errors.DATA_MISSING(`the database ${database.shown}`);
      const migrations = (await client.query<{ name: string }>("select name from core_migration order by name")).rows.map(({ name }) => name);
      // Only what belongs to the hotline: the database may hold tables of others.
      const prefixes = [...new Set(migrations.map((name) => `${name.slice(0, name.indexOf("/")).replaceAll("-", "_")}_`)), "core_"];
      const tables = rows.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
      const key = await client.query<{ value: string }>("select value from core_state where key = 'secret.key-id'");
      return new PostgresSnapshot(client, tables, migrations, key.rows[0]?.value ?? null);
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  async write(archive: ArchiveWriter, work: string): Promise<void> {
    for (const { name, columns } of this.tables) {
      const file = join(work, `${name}.copy`);
      await pipeline(this.client.query(copyTo(`copy ${quoted(name)} (${columns.map(quoted).join(", ")}) to stdout`)), createWriteStream(file, { mode: 0o600 }));
      await archive.addPartFile(paths.table(name), file);
    }
    // Sequences are not part of a snapshot; read last they are never behind the rows.
    const { rows } = await this.client.query<{ name: string; value: string; called: boolean }>(
      "select sequencename as name, coalesce(last_value, start_value)::text as value, last_value is not null as called from pg_sequences where schemaname = current_schema() order by sequencename",
    );
    const text = JSON.stringify({ tables: this.tables, sequences: rows.filter(({ name }) => this.tables.some((table) => name.startsWith(`${table.name}_`))) } satisfies Tables);
    archive.parts.push(await archive.addText(paths.tables, text));
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
