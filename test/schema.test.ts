import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import type { Plugin } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { schemaDiff } from "../packages/core/src/db/schema-diff.js";
import type { PluginMigration } from "../packages/core/src/db/migrator.js";
import { orderPlugins } from "../packages/core/src/kernel/plugin-graph.js";
import { onBothDatabases, type TestData, type TestLayer } from "../packages/core/test/data-layers.js";

const PACKAGES = join(import.meta.dirname, "../packages");
/** Helpers of tests declare stand-ins under the names of real plugins. */
const NO_PLUGINS = new Set(["core", "testing", "queueing"]);

type Factory = ((options?: unknown) => Plugin) & { readonly definition: Plugin["definition"] };
const isFactory = (value: unknown): value is Factory => typeof value === "function" && "definition" in value;

/** Every plugin of the repository, in the order in which a hotline would take them up. */
async function allPlugins(): Promise<readonly Plugin["definition"][]> {
  const found: Plugin[] = [];
  for (const name of readdirSync(PACKAGES)) {
    if (NO_PLUGINS.has(name)) continue;
    const exported = (await import(pathToFileURL(join(PACKAGES, name, "src/index.ts")).href)) as Record<string, unknown>;
    for (const value of Object.values(exported)) if (isFactory(value)) found.push({ definition: value.definition, options: {} });
  }
  return orderPlugins(found, "0.1.0").map((plugin) => plugin.definition);
}

const definitions = await allPlugins();
const entities = definitions.flatMap((definition) => [...(definition.entities ?? [])]);
const migrations: readonly PluginMigration[] = definitions.flatMap((definition) => (definition.migrations ?? []).map((migration) => ({ plugin: definition.name, migration })));
const prefixOf = (name: string): string => `${name.replaceAll("-", "_")}_`;

async function open(data: TestData, which: readonly PluginMigration[] = migrations): Promise<TestLayer> {
  const test = data.layer();
  await test.layer.open(entities, which);
  return test;
}

/** Tables of the database and what each is made of, to see whether anything has changed. */
async function structure({ layer }: TestLayer, kind: "sqlite" | "postgres"): Promise<readonly string[]> {
  const sql =
    kind === "sqlite"
      ? "select type || ' ' || name || ' ' || coalesce(sql, '') as line from sqlite_master where name not like 'sqlite_%' order by 1"
      : "select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as line from information_schema.columns where table_schema = 'public' union all select 'index ' || indexdef from pg_indexes where schemaname = 'public' order by 1";
  const rows = await layer.readPool.read((em) => em.execute<{ line: string }[]>(sql));
  return rows.map((row) => row.line);
}

async function tables({ layer }: TestLayer, kind: "sqlite" | "postgres"): Promise<readonly string[]> {
  const sql = kind === "sqlite" ? "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'" : "select tablename as name from pg_tables where schemaname = 'public'";
  const rows = await layer.readPool.read((em) => em.execute<{ name: string }[]>(sql));
  return rows.map((row) => row.name);
}

describe("the plugins of the repository", () => {
  it("are found", () => {
    expect(definitions.map((definition) => definition.name)).toEqual(expect.arrayContaining(["acd", "directory", "fax", "http", "ivr", "media", "recording", "sip", "surveys", "tickets", "tts", "espeak"]));
  });

  it("name tables by their own prefix, which is not the beginning of another's", () => {
    const prefixes = new Map<string, string>([["core", "core_"], ...definitions.map((definition) => [definition.name, prefixOf(definition.name)] as const)]);
    for (const definition of definitions) {
      const own = prefixOf(definition.name);
      for (const [other, prefix] of prefixes) if (other !== definition.name) expect(own.startsWith(prefix), `${definition.name} and ${other}`).toBe(false);
      for (const entity of definition.entities ?? []) expect(entity.meta.tableName ?? "").toMatch(new RegExp(`^${own}[a-z0-9_]+$`));
    }
  });

  it("name migrations in an order of their own, and bring one where they bring entities", () => {
    for (const definition of definitions) {
      const ids = (definition.migrations ?? []).map((migration) => migration.id);
      expect([...ids].sort(), definition.name).toEqual(ids);
      for (const id of ids) expect(id).toMatch(/^\d{4}-[a-z0-9-]+$/);
      if ((definition.entities ?? []).length > 0) expect(ids.length, definition.name).toBeGreaterThan(0);
    }
  });
});

onBothDatabases("all entities and migrations together", (fresh, kind) => {
  it("differ in nothing, each table belongs to somebody", async () => {
    const test = await open(await fresh());
    expect(await schemaDiff(test.layer.database)).toBe("");
    const known = ["core_", ...definitions.map((definition) => prefixOf(definition.name))];
    for (const table of await tables(test, kind)) expect(known.some((prefix) => table.startsWith(prefix)), table).toBe(true);
    for (const entity of entities) expect(await tables(test, kind)).toContain(entity.meta.tableName);
  }, 60_000);

  it("would show what a migration forgot", async () => {
    const test = await open(await fresh(), migrations.filter((each) => each.plugin !== "tickets"));
    expect(await schemaDiff(test.layer.database)).toMatch(/create table [`"]tickets_ticket[`"]/);
  });

  it("migrating twice does nothing", async () => {
    const data = await fresh();
    const first = await open(data);
    const before = await structure(first, kind);
    const journal = await first.layer.readPool.read((em) => em.execute<{ name: string; at: number | string }[]>("select name, at from core_migration order by name"));
    expect(journal.map((row) => row.name)).toEqual(expect.arrayContaining(migrations.map((each) => `${each.plugin}/${each.migration.id}`)));
    await first.layer.close();
    const second = data.layer();
    await second.advance(86_400_000);
    await second.layer.open(entities, migrations);
    expect(await structure(second, kind)).toEqual(before);
    expect(await second.layer.readPool.read((em) => em.execute("select name, at from core_migration order by name"))).toEqual(journal);
  }, 60_000);

  it("a plugin that is added later, or left out for a while, changes nothing of the others", async () => {
    const data = await fresh();
    const whole = await open(await fresh());
    const wanted = await structure(whole, kind);
    const late = migrations.at(-1)?.plugin;
    const first = await open(data, migrations.filter((each) => each.plugin !== late));
    await first.layer.close();
    const second = await open(data);
    expect(await structure(second, kind)).toEqual(wanted);
    await second.layer.close();
    const without = data.layer();
    const names = new Set(definitions.find((definition) => definition.name === late)?.entities?.map((entity) => entity.meta.tableName));
    await without.layer.open(entities.filter((entity) => !names.has(entity.meta.tableName)), migrations.filter((each) => each.plugin !== late));
    expect(await structure(without, kind)).toEqual(wanted);
  }, 60_000);

  it("each plugin's migrations run alone after core's: none leans on another plugin", async () => {
    for (const definition of definitions.filter((each) => (each.migrations ?? []).length > 0)) {
      const test = (await fresh()).layer();
      await test.layer.open([...(definition.entities ?? [])], (definition.migrations ?? []).map((migration) => ({ plugin: definition.name, migration })));
      expect(await schemaDiff(test.layer.database), definition.name).toBe("");
      await test.layer.close();
    }
  }, 60_000);
});
