import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { HotlineStorage } from "@hotlinejs/core/storage";
import { from as copyFrom } from "pg-copy-streams";
import { errors } from "../errors.js";
import type { VerifiedBackup } from "./archive-reader.js";
import { paths } from "./manifest.js";
import { connect, quoted } from "./postgres.js";

type Address = Extract<HotlineStorage["database"], { kind: "postgres" }>;

/** Fills the migrated database in one transaction: either all rows are the backup's, or nothing has changed. */
export class PostgresImport {
  constructor(
    private readonly database: Address,
    private readonly backup: VerifiedBackup,
    /** Folder with the rows of every table. */
    private readonly folder: string,
  ) {}

  /** Whether a hotline has been here. */
  static async occupied(database: Address): Promise<boolean> {
    const client = await connect(database);
    try {
      return ((await client.query("select 1 from information_schema.tables where table_schema = current_schema() and table_name = 'core_migration'")).rowCount ?? 0) > 0;
    } finally {
      await client.end();
    }
  }

  async run(): Promise<void> {
    const { tables, file } = this.backup;
    if (tables === undefined) throw errors.BACKUP_DAMAGED(file, `${paths.tables} is missing`);
    const client = await connect(this.database);
    try {
      const columns = new Map<string, Set<string>>();
      for (const { name, column } of (await client.query<{ name: string; column: string }>("select table_name as name, column_name as column from information_schema.columns where table_schema = current_schema()")).rows) {
        columns.set(name, (columns.get(name) ?? new Set()).add(column));
      }
      for (const table of tables.tables) {
        const there = columns.get(table.name);
        const missing = there === undefined ? table.name : table.columns.find((column) => !there.has(column));
        if (missing !== undefined) throw errors.TARGET_TABLES(missing === table.name ? missing : `${table.name}.${missing}`);
      }
      const names = parentsFirst(
        tables.tables.map(({ name }) => name),
        (await client.query<{ child: string; parent: string }>("select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace")).rows,
      );
      await client.query("begin");
      await client.query(`truncate ${tables.tables.map(({ name }) => quoted(name)).join(", ")} cascade`);
      for (const name of names) {
        const list = tables.tables.find((table) => table.name === name)?.columns ?? [];
        await pipeline(createReadStream(join(this.folder, paths.table(name))), client.query(copyFrom(`copy ${quoted(name)} (${list.map(quoted).join(", ")}) from stdin`)));
      }
      for (const { name, value, called } of tables.sequences) await client.query("select setval($1::regclass, $2::bigint, $3)", [quoted(name), value, called]);
      await client.query("commit");
    } finally {
      // An open transaction ends with its connection.
      await client.end();
    }
  }
}

/** Tables in an order in which every row finds what it refers to. */
function parentsFirst(names: readonly string[], references: readonly { child: string; parent: string }[]): string[] {
  const ordered: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { child, parent } of references) if (child === name) visit(parent);
    if (names.includes(name)) ordered.push(name);
  };
  names.forEach(visit);
  return ordered;
}
