import { Migration } from "@mikro-orm/migrations";
import { describe, expect, test } from "vitest";
import { freshData, onBothDatabases } from "../../test/data-layers.js";
import { createSilentLogger } from "../log/pino-logger.js";
import { ActivityCounter } from "../time/activity-counter.js";
import { UuidIds } from "../time/uuid-ids.js";
import { VirtualClock } from "../time/virtual-clock.js";
import { DataLayer } from "./data-layer.js";
import type { PluginMigration } from "./migrator.js";

/** A plugin's migration of one name that makes the table given: several plugins of one name. */
function making(table: string, runs: () => void = () => undefined): PluginMigration {
  class Init extends Migration {
    static readonly id = "0001-init";
    override up(): void {
      runs();
      this.addSql(`create table ${table} (id text not null primary key)`);
    }
  }
  return { plugin: "demo", migration: Init };
}

const columns = async (layer: DataLayer, table: string): Promise<unknown> => (await layer.readPool.read((em) => em.execute<unknown[]>("select name from pragma_table_info(?)", [table]))).length;

onBothDatabases("durability", (fresh, kind) => {
  const setting = async (durability?: "disk" | "process"): Promise<unknown> => {
    const { dataDir, databaseUrl } = await fresh();
    const clock = new VirtualClock();
    const layer = new DataLayer({ dataDir, ...(databaseUrl === undefined ? {} : { databaseUrl }), clock, ids: new UuidIds(clock), activity: new ActivityCounter(), log: createSilentLogger(), nodeId: "node-1", timezone: "Asia/Shanghai", eventDefinitions: () => [], ...(durability === undefined ? {} : { durability }) });
    await layer.open([], []);
    const found = await layer.unitOfWork.run(async ({ em }) => (await em.execute<object[]>(kind === "sqlite" ? "pragma synchronous" : "show synchronous_commit"))[0]);
    await layer.close();
    return found;
  };

  test("waits for the disk unless told otherwise", async () => {
    expect(await setting()).toEqual(kind === "sqlite" ? { synchronous: 2 } : { synchronous_commit: "on" });
    expect(await setting("disk")).toEqual(kind === "sqlite" ? { synchronous: 2 } : { synchronous_commit: "on" });
    expect(await setting("process")).toEqual(kind === "sqlite" ? { synchronous: 0 } : { synchronous_commit: "off" });
  });
});

describe("a throw-away database", () => {
  const fresh = freshData(() => Promise.resolve(undefined));
  const opened = async (migrations: readonly PluginMigration[]) => {
    const data = await fresh();
    const made = data.layer({ durability: "process" });
    await made.clock.advance(1_000);
    await made.layer.open([], migrations);
    return { ...made, data };
  };

  test("is a copy of one with the same migrations: they do not run again, and what others wrote is not in it", async () => {
    let runs = 0;
    const migration = making("demo_thing", () => runs++);
    const first = await opened([migration]);
    await first.layer.unitOfWork.run(async ({ em }) => void (await em.execute("insert into demo_thing (id) values ('mine')")));
    const second = await opened([migration]);
    expect(runs).toBe(1);
    expect(await columns(second.layer, "demo_thing")).toBe(1);
    expect(await second.layer.readPool.read((em) => em.execute("select id from demo_thing"))).toEqual([]);
    expect(await second.layer.readPool.read((em) => em.execute("select distinct at from core_migration"))).toEqual([{ at: second.clock.now() }]);
    await second.layer.unitOfWork.run(async ({ em }) => void (await em.execute("insert into demo_thing (id) values ('mine')")));
  });

  test("is not mistaken for that of another plugin of this name", async () => {
    await opened([making("demo_one")]);
    const { layer } = await opened([making("demo_two")]);
    expect([await columns(layer, "demo_one"), await columns(layer, "demo_two")]).toEqual([0, 1]);
  });

  test("never replaces one that is there", async () => {
    const migration = making("demo_kept");
    const { layer, data } = await opened([migration]);
    await layer.unitOfWork.run(async ({ em }) => void (await em.execute("insert into demo_kept (id) values ('mine')")));
    await layer.close();
    const again = data.layer({ durability: "process" });
    await again.layer.open([], [migration]);
    expect(await again.layer.readPool.read((em) => em.execute("select id from demo_kept"))).toEqual([{ id: "mine" }]);
  });
});
