import fc from "fast-check";
import { defineEntity, p, type EntitySchema } from "@mikro-orm/core";
import { Migration } from "@mikro-orm/migrations";
import { expect, test } from "vitest";
import { onBothDatabases } from "../../test/data-layers.js";
import { createBusinessCalendar } from "../time/business-calendar.js";
import type { Condition, ConditionValue } from "./condition.js";
import { compileMemory } from "./compile-memory.js";
import { compileSql } from "./compile-sql.js";
import { fieldCatalogue } from "./field-catalogue.js";
import type { ConditionFieldType } from "./field-catalogue.js";

const Row = defineEntity({
  name: "ConditionRow",
  tableName: "test_condition_row",
  properties: {
    id: p.integer().primary(),
    text: p.text().nullable(),
    count: p.integer().nullable(),
    size: p.double().nullable(),
    flag: p.boolean().nullable(),
    day: p.text().nullable(),
    happenedAt: p.bigint("number").nullable(),
    span: p.bigint("number").nullable(),
  },
});

class Init extends Migration {
  static readonly id = "0001-init";
  override up(): void {
    const create = this.getKnex().schema.createTable("test_condition_row", (t) => {
      t.integer("id").notNullable().primary();
      t.text("text");
      t.integer("count");
      t.specificType("size", "double precision");
      t.boolean("flag");
      t.text("day");
      t.bigInteger("happened_at");
      t.bigInteger("span");
    });
    this.addSql(create.toQuery());
  }
}

const catalogue = fieldCatalogue([
  { name: "text", type: "string" },
  { name: "count", type: "number" },
  { name: "size", type: "number" },
  { name: "flag", type: "boolean" },
  { name: "day", type: "date" },
  { name: "happenedAt", type: "datetime", column: "happened_at" },
  { name: "span", type: "duration" },
]);
const slots: readonly (readonly [string, string])[] = [["09:00", "12:00"], ["13:30", "17:30"]];
const calendar = createBusinessCalendar({ key: "office", week: { 1: slots, 2: slots, 3: slots, 4: slots, 5: slots } }, "Asia/Shanghai");
const now = Date.UTC(2026, 2, 4, 2, 30);
const time = { now, calendar };

// Small sets, so that rows and conditions meet; with everything that sets databases apart.
const texts = ["", "a", "A", "ab", "aB", "b%", "_", "a_b", "%", "é", "e\u0301", "李", "李敏", "🙂", "🙂x", " ", "'", '"', "\\", "?", "null", "0", "ａ"];
const text = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...texts) }, { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 4 }).filter((each) => !each.includes("\0")) });
const count = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2_147_483_647, -2_147_483_648));
const size = fc.oneof(fc.constantFrom(0, 0.5, 1, -1.5, 1e300, 0.1, 3), fc.integer({ min: -3, max: 3 }));
const day = fc.constantFrom("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-12-31", "2027-01-01", "2025-02-28");
const at = fc.oneof(fc.integer({ min: -5, max: 5 }).map((hours) => now + hours * 3_600_000), fc.constantFrom(0, now, now - 1, now + 1, 8_640_000_000_000_000));

const relative = fc.record(
  {
    from: fc.constant("now" as const),
    startOf: fc.constantFrom("hour" as const, "day" as const, "week" as const, "month" as const, "year" as const),
    months: fc.integer({ min: -2, max: 2 }),
    days: fc.integer({ min: -3, max: 3 }),
    hours: fc.integer({ min: -5, max: 5 }),
    minutes: fc.integer({ min: -90, max: 90 }),
    workingMinutes: fc.integer({ min: -500, max: 500 }),
    workingDays: fc.integer({ min: -3, max: 3 }),
  },
  { requiredKeys: ["from"] },
);

const valueOf: Readonly<Record<ConditionFieldType, fc.Arbitrary<ConditionValue>>> = {
  string: text,
  number: fc.oneof<fc.Arbitrary<ConditionValue>[]>(count, size, fc.constantFrom(3_000_000_000, 2 ** 60)),
  boolean: fc.boolean(),
  date: fc.oneof<fc.Arbitrary<ConditionValue>[]>(day, relative),
  datetime: fc.oneof<fc.Arbitrary<ConditionValue>[]>(at, relative),
  duration: fc.oneof<fc.Arbitrary<ConditionValue>[]>(count, at),
};

const comparison = fc.constantFrom(...catalogue.values()).chain((field): fc.Arbitrary<Condition> => {
  const value = valueOf[field.type];
  const orNull = fc.option(value, { nil: null, freq: 4 });
  const of = { field: fc.constant(field.name) };
  const kinds: fc.Arbitrary<Condition>[] = [
    fc.record({ ...of, op: fc.constantFrom("eq" as const, "ne" as const), value: orNull }),
    fc.record({ ...of, op: fc.constantFrom("in" as const, "nin" as const), value: fc.array(orNull, { maxLength: 4 }) }),
    fc.record({ ...of, op: fc.constant("exists" as const), value: fc.boolean() }),
  ];
  if (field.type === "string") kinds.push(fc.record({ ...of, op: fc.constantFrom("contains" as const, "startsWith" as const), value: text }));
  else if (field.type !== "boolean") {
    kinds.push(fc.record({ ...of, op: fc.constantFrom("gt" as const, "gte" as const, "lt" as const, "lte" as const), value }));
    kinds.push(fc.record({ ...of, op: fc.constant("between" as const), value: fc.tuple(value, value) }));
  }
  return fc.oneof(...kinds);
});

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, depthIdentifier: "condition" },
    comparison,
    fc.record({ and: fc.array(tie("condition"), { maxLength: 3, depthIdentifier: "condition" }) }),
    fc.record({ or: fc.array(tie("condition"), { maxLength: 3, depthIdentifier: "condition" }) }),
    fc.record({ not: tie("condition") }),
  ),
}));

const row = fc.record({
  text: fc.option(text, { nil: null, freq: 4 }),
  count: fc.option(count, { nil: null, freq: 4 }),
  size: fc.option(size, { nil: null, freq: 4 }),
  flag: fc.option(fc.boolean(), { nil: null, freq: 4 }),
  day: fc.option(day, { nil: null, freq: 4 }),
  happenedAt: fc.option(at, { nil: null, freq: 4 }),
  span: fc.option(count, { nil: null, freq: 4 }),
});

onBothDatabases("conditions", (fresh, kind) => {
  test("memory and SQL agree on every row", { timeout: 120_000 }, async () => {
    const { layer } = (await fresh()).layer();
    await layer.open([Row as unknown as EntitySchema], [{ plugin: "test", migration: Init }]);
    const rows = fc.sample(row, { numRuns: 150, seed: 20260302 }).map((each, id) => ({ id, ...each }));
    await layer.unitOfWork.run(async ({ em }) => void (await em.insertMany(Row, rows)));

    let matched = 0;
    await fc.assert(
      fc.asyncProperty(condition, async (each) => {
        const predicate = compileMemory(each, catalogue, time);
        const expected = rows.filter((record) => predicate(record)).map((record) => record.id);
        const { sql, params } = compileSql(each, catalogue, { dialect: kind, time });
        const found = await layer.readPool.read((em) => em.getConnection().execute<{ id: number }[]>(`select id from test_condition_row where ${sql} order by id`, [...params]));
        expect(found.map((record) => record.id)).toEqual(expected);
        // Never NULL: turned round it is exactly the rest.
        const turned = compileSql({ not: each }, catalogue, { dialect: kind, time });
        const rest = await layer.readPool.read((em) => em.getConnection().execute<{ id: number }[]>(`select id from test_condition_row where ${turned.sql} order by id`, [...turned.params]));
        expect(found.length + rest.length).toBe(rows.length);
        matched += found.length;
      }),
      { numRuns: process.env.HOTLINE_TEST_LONG === "1" ? 5_000 : 600 },
    );
    // The test would be worth nothing if conditions never met a row.
    expect(matched).toBeGreaterThan(1_000);
  });
});
