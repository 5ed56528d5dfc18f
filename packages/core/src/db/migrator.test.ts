import { Migration } from "@mikro-orm/migrations";
import { expect, test } from "vitest";
import { onBothDatabases, type TestLayer } from "../../test/data-layers.js";
import { SystemClock } from "../time/system-clock.js";
import type { MigrationClass } from "./migration.js";

/** A migration that runs these statements. */
function migration(id: string, ...statements: string[]): MigrationClass {
  return class extends Migration {
    static readonly id = id;
    override up(): void {
      for (const statement of statements) this.addSql(statement);
    }
  };
}

const applied = ({ layer }: TestLayer) => layer.readPool.read(async (em) => (await em.execute<{ name: string }[]>("select name from core_migration where name not like 'core/%' order by at, name")).map((row) => row.name));

onBothDatabases("migrations", (fresh, kind) => {
  test("run in the order of plugins, then of ids, once", async () => {
    const data = await fresh();
    const order: string[] = [];
    const noted = (plugin: string, id: string) => ({
      plugin,
      migration: class extends Migration {
        static readonly id = id;
        override up(): void {
          order.push(`${plugin}/${id}`);
        }
      } as MigrationClass,
    });
    const list = [noted("b", "0002-more"), noted("a", "0001-init"), noted("b", "0001-init")];
    const first = data.layer();
    await first.layer.open([], list);
    expect(order).toEqual(["b/0001-init", "b/0002-more", "a/0001-init"]);
    await first.layer.close();
    const second = data.layer();
    await second.layer.open([], [...list, noted("a", "0002-new")]);
    expect(order.slice(3)).toEqual(["a/0002-new"]);
  });

  test("several statements in one addSql all run, and awaited builders are part of the transaction", async () => {
    const made = (await fresh()).layer();
    class Several extends Migration {
      static readonly id = "0001-init";
      override async up(): Promise<void> {
        await this.getKnex().schema.createTable("x_built", (t) => {
          t.text("id").notNullable().primary();
        });
        this.addSql("create table x_one (id text not null primary key);\ninsert into x_one (id) values ('a;b');\ninsert into x_built (id) values ('c')");
      }
    }
    await made.layer.open([], [{ plugin: "x", migration: Several }]);
    expect(await made.layer.readPool.read((em) => em.execute("select * from x_one, x_built"))).toHaveLength(1);
  });

  test("one that fails is rolled back wholly, named, and tried again at the next start", async () => {
    const data = await fresh();
    const good = { plugin: "x", migration: migration("0001-init", "create table x_one (id text not null primary key)") };
    const bad = { plugin: "x", migration: migration("0002-bad", "create table x_two (id text not null primary key)", "insert into x_nowhere values (1)") };
    const failing = data.layer();
    await expect(failing.layer.open([], [good, bad])).rejects.toMatchObject({ code: "HTL_CORE_MIGRATION_FAILED", message: expect.stringContaining("x/0002-bad") as string });
    const repaired = data.layer();
    await repaired.layer.open([], [good, { plugin: "x", migration: migration("0002-bad", "create table x_two (id text not null primary key)") }]);
    expect(await applied(repaired)).toEqual(["x/0001-init", "x/0002-bad"]);
  });

  test("one that hangs is told, stopped at its limit, named, and tried again at the next start", async () => {
    const data = await fresh();
    class Waits extends Migration {
      static readonly id = "0001-init";
      override async up(): Promise<void> {
        await this.getKnex().raw("create table x_one (id text not null primary key)");
        reached();
        await new Promise(() => undefined);
      }
    }
    let reached: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (reached = resolve));
    const hanging = data.layer({ migrationMs: 60_000 });
    const outcome = expect(hanging.layer.open([], [{ plugin: "x", migration: Waits }])).rejects.toMatchObject({ code: "HTL_CORE_MIGRATION_TIMEOUT", message: expect.stringContaining("x/0001-init took longer than 60 s") as string });
    await begun;
    await hanging.clock.advance(10_000);
    expect(hanging.lines).toContainEqual(expect.objectContaining({ level: "warn", fields: expect.objectContaining({ migration: "x/0001-init" }) as object }));
    await hanging.clock.advance(50_000);
    await outcome;
    expect(hanging.lines).toContainEqual(expect.objectContaining({ level: "error", fields: { migration: "x/0001-init", limitMs: 60_000 } }));
    const repaired = data.layer();
    await repaired.layer.open([], [{ plugin: "x", migration: migration("0001-init", "create table x_one (id text not null primary key)") }]);
    expect(await applied(repaired)).toEqual(["x/0001-init"]);
  });

  test("so is one whose statement would never end", async () => {
    const data = await fresh();
    const endless = { plugin: "x", migration: migration("0001-init", kind === "sqlite" ? "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n" : "select pg_sleep(3600)") };
    const hanging = data.layer({ migrationMs: 1_000, clock: new SystemClock() });
    await expect(hanging.layer.open([], [endless])).rejects.toMatchObject({ code: "HTL_CORE_MIGRATION_TIMEOUT" });
    await data.layer().layer.open([], []);
  });

  test("an older version on a newer database is refused; a plugin left out is not", async () => {
    const data = await fresh();
    const one = { plugin: "x", migration: migration("0001-init", "create table x_one (id text not null primary key)") };
    const two = { plugin: "x", migration: migration("0002-more", "create table x_two (id text not null primary key)") };
    const newer = data.layer();
    await newer.layer.open([], [one, two]);
    await newer.layer.close();
    await expect(data.layer().layer.open([], [one])).rejects.toMatchObject({ code: "HTL_CORE_MIGRATION_UNKNOWN", message: expect.stringContaining("x/0002-more") as string });
    const without = data.layer();
    await without.layer.open([], []);
    expect(await applied(without)).toEqual(["x/0001-init", "x/0002-more"]);
  });
});
