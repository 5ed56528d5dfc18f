import { defineEntity, p, type EntitySchema } from "@mikro-orm/core";
import { Migration } from "@mikro-orm/migrations";
import { expect, test } from "vitest";
import { onBothDatabases, type TestData, type TestLayer } from "../../test/data-layers.js";
import { dataErrors } from "./data-errors.js";
import { assertNoSchemaDiff } from "./schema-diff.js";

const Thing = defineEntity({
  name: "TestThing",
  tableName: "test_thing",
  properties: {
    id: p.text().primary(),
    name: p.text().unique("test_thing_name_unique"),
    at: p.bigint("number"),
    data: p.json<{ tags: string[] }>().nullable(),
    version: p.integer().version(),
  },
});

class InitThings extends Migration {
  static readonly id = "0001-init";
  override up(): void {
    const knex = this.getKnex();
    const create = knex.schema.createTable("test_thing", (t) => {
      t.text("id").notNullable().primary();
      t.text("name").notNullable();
      t.bigInteger("at").notNullable();
      t.jsonb("data");
      t.integer("version").notNullable().defaultTo(knex.raw("1"));
      t.unique(["name"], { indexName: "test_thing_name_unique" });
    });
    this.addSql(create.toQuery());
  }
}

const entities = [Thing as unknown as EntitySchema];
const migrations = [{ plugin: "test", migration: InitThings }];

async function opened(data: TestData): Promise<TestLayer> {
  const made = data.layer();
  await made.layer.open(entities, migrations);
  return made;
}

const names = ({ layer }: TestLayer) => layer.readPool.read(async (em) => (await em.find(Thing, {}, { orderBy: { id: "asc" } })).map((thing) => thing.name));
const thing = (id: string, name = id) => ({ id, name, at: 1_700_000_000_123, data: { tags: ["甲", "it's"] } });

onBothDatabases("unit of work", (fresh, kind) => {
  test("commits entities, gives back types as they went in, and knows no schema difference", async () => {
    const made = await opened(await fresh());
    await assertNoSchemaDiff(made.layer.database);
    await made.layer.unitOfWork.run((uow) => {
      uow.em.create(Thing, thing("a"));
      return Promise.resolve();
    });
    const found = await made.layer.readPool.read((em) => em.findOneOrFail(Thing, { id: "a" }));
    expect(found).toMatchObject({ at: 1_700_000_000_123, data: { tags: ["甲", "it's"] }, version: 1 });
  });

  test("rolls everything back when the function throws, and runs no callback", async () => {
    const made = await opened(await fresh());
    const told: string[] = [];
    made.layer.events.forPlugin("p").handle("test.plain", () => void told.push("plain"));
    made.layer.events.forPlugin("p").handle("test.durable", () => void told.push("durable"));
    made.layer.jobs.define("test.job", { handler: () => Promise.resolve() });
    const failing = made.layer.unitOfWork.run(async (uow) => {
      uow.em.create(Thing, thing("a"));
      await uow.em.flush();
      uow.publish("test.plain", { n: 1 });
      uow.publish("test.durable", { n: 1 });
      uow.enqueue({ name: "test.job" });
      uow.audit({ actor: "system", action: "test.done" });
      uow.onCommit(() => void told.push("callback"));
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await names(made)).toEqual([]);
    expect(told).toEqual([]);
    for (const table of ["core_outbox", "core_job", "core_audit"]) expect(await made.layer.readPool.read((em) => em.execute(`select * from ${table}`))).toEqual([]);
  });

  test("nested runs join, also concurrent ones and ones nobody awaits", async () => {
    const made = await opened(await fresh());
    const { unitOfWork } = made.layer;
    await unitOfWork.run(async (uow) => {
      expect(unitOfWork.current).toBe(uow);
      await Promise.all(
        ["a", "b"].map((id) =>
          unitOfWork.run((inner) => {
            expect(inner).toBe(uow);
            inner.em.create(Thing, thing(id));
            return Promise.resolve();
          }),
        ),
      );
      void unitOfWork.run(async (inner) => {
        await inner.em.count(Thing);
        inner.em.create(Thing, thing("c"));
      });
    });
    expect(await names(made)).toEqual(["a", "b", "c"]);
    expect(unitOfWork.current).toBeUndefined();
  });

  test("a nested run that failed fails the whole, even if somebody caught it", async () => {
    const made = await opened(await fresh());
    const { unitOfWork } = made.layer;
    const outer = unitOfWork.run(async (uow) => {
      uow.em.create(Thing, thing("a"));
      await unitOfWork.run(() => Promise.reject(new Error("inner"))).catch(() => "swallowed");
    });
    await expect(outer).rejects.toThrow("inner");
    expect(await names(made)).toEqual([]);
  });

  test("a run begun in onCommit or in an event handler is a new one", async () => {
    const made = await opened(await fresh());
    const { unitOfWork, events } = made.layer;
    events.forPlugin("p").handle("test.plain", () =>
      unitOfWork.run((uow) => {
        uow.em.create(Thing, thing("c"));
        return Promise.resolve();
      }),
    );
    await unitOfWork.run((uow) => {
      uow.em.create(Thing, thing("a"));
      uow.publish("test.plain", { n: 1 });
      uow.onCommit(async () => {
        expect(unitOfWork.current).toBeUndefined();
        await unitOfWork.run((next) => {
          expect(next).not.toBe(uow);
          next.em.create(Thing, thing("b"));
          return Promise.resolve();
        });
      });
      return Promise.resolve();
    });
    await made.activity.idle();
    expect(await names(made)).toEqual(["a", "b", "c"]);
  });

  test("callbacks and handlers that throw change nothing and are logged", async () => {
    const made = await opened(await fresh());
    made.layer.events.forPlugin("bad").handle("test.plain", () => {
      throw new Error("handler");
    });
    made.layer.events.forPlugin("bad").handle("test.plain", () => Promise.reject(new Error("async handler")));
    const told: number[] = [];
    made.layer.events.forPlugin("good").handle("test.plain", ({ n }) => void told.push(n));
    const result = await made.layer.unitOfWork.run((uow) => {
      uow.onCommit(() => {
        throw new Error("callback");
      });
      uow.onCommit(() => Promise.reject(new Error("async callback")));
      uow.publish("test.plain", { n: 7 });
      return Promise.resolve("result");
    });
    await made.activity.idle();
    expect(result).toBe("result");
    expect(told).toEqual([7]);
    expect(made.layer.events.failures()).toEqual({ bad: 2 });
    expect(made.lines.filter((line) => line.level === "error")).toHaveLength(4);
  });

  test("a unit kept beyond its end does nothing any more", async () => {
    const made = await opened(await fresh());
    const kept = await made.layer.unitOfWork.run((uow) => Promise.resolve(uow));
    expect(() => kept.publish("test.plain", { n: 1 })).toThrow(expect.objectContaining({ code: "HTL_CORE_UNIT_CLOSED" }));
    await expect(kept.em.execute("insert into core_state (key, value) values ('a', 'b')")).rejects.toThrow();
    expect(await made.layer.readPool.read((em) => em.execute("select * from core_state where key = 'a'"))).toEqual([]);
  });

  test("optimistic locking: the second of two changes is HTL_CORE_CONFLICT", async () => {
    const made = await opened(await fresh());
    const { unitOfWork } = made.layer;
    await unitOfWork.run((uow) => {
      uow.em.create(Thing, thing("a"));
      return Promise.resolve();
    });
    const stale = unitOfWork.run(async ({ em }) => {
      const read = await em.findOneOrFail(Thing, { id: "a" });
      // What another unit would have done in between.
      await em.execute("update test_thing set version = version + 1 where id = 'a'", [], "run");
      read.name = "changed";
    });
    await expect(stale).rejects.toMatchObject({ code: "HTL_CORE_CONFLICT", status: 409 });
  });

  test("a constraint error rolls back and the next unit works", async () => {
    const made = await opened(await fresh());
    const { unitOfWork } = made.layer;
    const twice = unitOfWork.run((uow) => {
      uow.em.create(Thing, thing("a", "same"));
      uow.em.create(Thing, thing("b", "same"));
      return Promise.resolve();
    });
    await expect(twice).rejects.toThrow(/unique/i);
    await unitOfWork.run((uow) => {
      uow.em.create(Thing, thing("c"));
      return Promise.resolve();
    });
    expect(await names(made)).toEqual(["c"]);
  });

  test("fifty at once: all commit, none is lost", async () => {
    const made = await opened(await fresh());
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        made.layer.unitOfWork.run(async ({ em }) => {
          await em.count(Thing);
          em.create(Thing, thing(`t${String(i).padStart(2, "0")}`));
        }),
      ),
    );
    expect(await names(made)).toHaveLength(50);
  });

  test("seedOnce runs once for the life of the database, and again when it failed", async () => {
    const data = await fresh();
    const made = await opened(data);
    const { unitOfWork } = made.layer;
    const seed = (id: string, fails = false) =>
      unitOfWork.run((uow) =>
        uow.seedOnce("test.seed", (inner) => {
          inner.em.create(Thing, thing(id));
          if (fails) throw dataErrors.CONFLICT();
          return Promise.resolve();
        }),
      );
    await expect(seed("x", true)).rejects.toMatchObject({ code: "HTL_CORE_CONFLICT" });
    expect(await Promise.all([seed("a"), seed("b")])).toEqual(expect.arrayContaining([true, false]));
    await made.layer.close();
    const again = await opened(data);
    expect(await again.layer.unitOfWork.run((uow) => uow.seedOnce("test.seed", () => Promise.reject(new Error("ran again"))))).toBe(false);
    expect(await names(again)).toHaveLength(1);
  });

  test("one that never ends is rolled back after its time and holds nobody up for ever", async () => {
    const made = await opened(await fresh());
    const { unitOfWork } = made.layer;
    let goOn: () => void = () => undefined;
    let late: unknown;
    const stuck = unitOfWork.run(async ({ em }) => {
      em.create(Thing, thing("stuck"));
      await em.flush();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      late = await em.execute("insert into core_state (key, value) values ('late', '1')", [], "run").then(
        () => "written",
        () => "refused",
      );
    });
    const next = unitOfWork.run(({ em }) => {
      em.create(Thing, thing("next"));
      return Promise.resolve();
    });
    const outcome = expect(stuck).rejects.toMatchObject({ code: "HTL_CORE_UNIT_TIMEOUT" });
    // Real time for the statements, then the virtual limit.
    await expect.poll(() => made.clock.pending, { timeout: 5000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(unitOfWork.health).toMatchObject({ ok: true, long: 0, timeouts: 0 });
    await made.clock.advance(5_000);
    // On SQLite the next one waits for it.
    expect(unitOfWork.health).toMatchObject({ ok: false, message: expect.stringContaining("5 s") as string, long: 1, waiting: kind === "sqlite" ? 1 : 0 });
    expect(made.lines).toContainEqual(expect.objectContaining({ level: "warn", fields: expect.objectContaining({ forMs: 5_000 }) as object }));
    await made.clock.advance(25_000);
    await outcome;
    await next;
    expect(unitOfWork.health).toEqual({ ok: true, waiting: 0, long: 0, timeouts: 1 });
    expect(made.lines).toContainEqual(expect.objectContaining({ level: "error", fields: expect.objectContaining({ timeoutMs: 30_000 }) as object }));
    goOn();
    await expect.poll(() => late).toBe("refused");
    expect(await names(made)).toEqual(["next"]);
  });

  test("a read inside a unit of work does not wait for it", async () => {
    const made = await opened(await fresh());
    await made.layer.unitOfWork.run(async (uow) => {
      uow.em.create(Thing, thing("a"));
      await uow.em.flush();
      expect(await names(made)).toEqual([]);
    });
    expect(await names(made)).toEqual(["a"]);
  });

  test("closing waits for the unit in progress and refuses those behind it", async () => {
    const made = await opened(await fresh());
    const { unitOfWork } = made.layer;
    let began: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      began = resolve;
    });
    const running = unitOfWork.run(async ({ em }) => {
      began();
      await new Promise((resolve) => setTimeout(resolve, 100));
      em.create(Thing, thing("a"));
    });
    await hasBegun;
    const behind = unitOfWork.run(({ em }) => em.count(Thing)).then(
      () => "ran",
      (error: { code: string }) => error.code,
    );
    await made.layer.close();
    await running;
    expect(["ran", "HTL_CORE_DATA_STATE"]).toContain(await behind);
    if (kind === "sqlite") expect(await behind).toBe("HTL_CORE_DATA_STATE");
  });

  if (kind === "sqlite") {
    test("a full disk is HTL_CORE_STORAGE_FULL, nothing is changed, and room makes it work again", async () => {
      const made = await opened(await fresh());
      const { unitOfWork } = made.layer;
      // Outside a transaction, as the pragma needs it.
      const pages = await made.layer.database.writer().execute<{ page_count: number }[]>("pragma page_count");
      await made.layer.database.writer().execute(`pragma max_page_count = ${pages[0]?.page_count ?? 0}`);
      const big = unitOfWork.run(({ em }) => {
        em.create(Thing, { ...thing("big"), data: { tags: ["x".repeat(500_000)] } });
        return Promise.resolve();
      });
      await expect(big).rejects.toMatchObject({ code: "HTL_CORE_STORAGE_FULL", status: 507 });
      expect(await names(made)).toEqual([]);
      await made.layer.database.writer().execute("pragma max_page_count = 1000000");
      await unitOfWork.run(({ em }) => {
        em.create(Thing, thing("small"));
        return Promise.resolve();
      });
      expect(await names(made)).toEqual(["small"]);
    });
  } else {
    test("a serialization failure or dead-lock is HTL_CORE_CONFLICT", async () => {
      const made = await opened(await fresh());
      const { unitOfWork } = made.layer;
      await unitOfWork.run(({ em }) => {
        em.create(Thing, thing("a"));
        em.create(Thing, thing("b"));
        return Promise.resolve();
      });
      let holding = 0;
      let bothHold: () => void = () => undefined;
      const crossed = new Promise<void>((resolve) => (bothHold = resolve));
      const locks = (first: string, second: string) =>
        unitOfWork.run(async ({ em }) => {
          await em.execute("update test_thing set at = at + 1 where id = ?", [first], "run");
          if (++holding === 2) bothHold();
          await crossed;
          await em.execute("update test_thing set at = at + 1 where id = ?", [second], "run");
        });
      const results = await Promise.allSettled([locks("a", "b"), locks("b", "a")]);
      expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(results.find((result) => result.status === "rejected")).toMatchObject({ reason: { code: "HTL_CORE_CONFLICT" } });
    });
  }
});
