import { describe, expect, it } from "vitest";
import { createBusinessCalendar } from "../time/business-calendar.js";
import { compileMemory, compileSql, CONDITION_LIMITS, datasetCatalogue, fieldCatalogue, parseCondition, relativeInstant, validateCondition } from "./index.js";
import type { Condition, RelativeTime } from "./index.js";

const catalogue = fieldCatalogue([
  { name: "kind", type: "string", values: ["complaint", "report"] },
  { name: "title", type: "string" },
  { name: "priority", type: "number" },
  { name: "urgent", type: "boolean" },
  { name: "day", type: "date" },
  { name: "dueAt", type: "datetime", column: "due_at" },
]);
const slots: readonly (readonly [string, string])[] = [["09:00", "12:00"], ["13:30", "17:30"]];
const calendar = createBusinessCalendar({ key: "office", week: { 1: slots, 2: slots, 3: slots, 4: slots, 5: slots } }, "Asia/Shanghai");
/** Wednesday 2026-03-04 10:30 in Shanghai. */
const now = Date.UTC(2026, 2, 4, 2, 30);
const time = { now, calendar };
const is = (condition: Condition, record: Record<string, unknown>): boolean => compileMemory(condition, catalogue, time)(record);

describe("null, as in JavaScript", () => {
  it.each<[Condition, boolean]>([
    [{ field: "title", op: "eq", value: null }, true],
    [{ field: "title", op: "ne", value: null }, false],
    [{ field: "title", op: "ne", value: "x" }, true],
    [{ field: "title", op: "in", value: ["x", null] }, true],
    [{ field: "title", op: "nin", value: ["x"] }, true],
    [{ field: "title", op: "nin", value: [null] }, false],
    [{ field: "title", op: "contains", value: "" }, false],
    [{ field: "priority", op: "lt", value: 5 }, false],
    [{ not: { field: "priority", op: "lt", value: 5 } }, true],
    [{ field: "priority", op: "between", value: [-1, 1] }, false],
    [{ field: "title", op: "exists" }, false],
    [{ field: "title", op: "exists", value: false }, true],
    [{ and: [] }, true],
    [{ or: [] }, false],
  ])("%j", (condition, expected) => {
    expect(is(condition, {})).toBe(expected);
    expect(is(condition, { title: null, priority: undefined })).toBe(expected);
  });

  it("converts nothing and reads nothing inherited", () => {
    expect(is({ field: "priority", op: "gte", value: 0 }, { priority: "5" })).toBe(false);
    expect(is({ field: "priority", op: "eq", value: 5 }, { priority: "5" })).toBe(false);
    expect(is({ field: "title", op: "exists" }, Object.create({ title: "inherited" }) as Record<string, unknown>)).toBe(false);
    expect(is({ field: "priority", op: "lte", value: 5 }, { priority: Number.NaN })).toBe(false);
  });
});

describe("validation", () => {
  const problems = (input: unknown): [string, string][] => {
    const result = validateCondition(input, catalogue);
    return result.ok ? [] : result.problems.map((problem) => [problem.path, problem.code]);
  };

  it.each<[unknown, [string, string][]]>([
    [{ field: "kind", op: "eq", value: "complaint" }, []],
    [null, [["", "not-a-condition"]]],
    [[], [["", "not-a-condition"]]],
    [{}, [["field", "not-a-condition"]]],
    [{ and: {} }, [["and", "not-a-condition"]]],
    [{ and: [], or: [] }, [["or", "unknown-key"]]],
    [{ and: [{ field: "nope", op: "eq", value: 1 }] }, [["and.0.field", "unknown-field"]]],
    [{ field: "__proto__", op: "eq", value: 1 }, [["field", "unknown-field"]]],
    [{ field: "kind", op: "like", value: "x" }, [["op", "unknown-operator"]]],
    [{ field: "kind", op: "constructor", value: "x" }, [["op", "unknown-operator"]]],
    [{ field: "kind", op: "eq", value: "consultation" }, [["value", "not-among-values"]]],
    [{ field: "title", op: "gt", value: "x" }, [["op", "operator-not-for-type"]]],
    [{ field: "priority", op: "contains", value: "x" }, [["op", "operator-not-for-type"]]],
    [{ field: "priority", op: "eq", value: "1" }, [["value", "wrong-value"]]],
    [{ field: "priority", op: "eq", value: Number.NaN }, [["value", "wrong-value"]]],
    [{ field: "priority", op: "lt", value: null }, [["value", "wrong-value"]]],
    [{ field: "priority", op: "eq" }, [["value", "wrong-value"]]],
    [{ field: "priority", op: "between", value: [1] }, [["value", "wrong-value"]]],
    [{ field: "title", op: "eq", value: "a\0b" }, [["value", "wrong-value"]]],
    [{ field: "title", op: "eq", value: "\ud83d" }, [["value", "wrong-value"]]],
    [{ field: "day", op: "eq", value: "2026-02-30" }, [["value", "wrong-value"]]],
    [{ field: "dueAt", op: "lt", value: "2026-02-03" }, [["value", "wrong-value"]]],
    [{ field: "dueAt", op: "lt", value: { from: "now", weeks: 1, days: 1.5 } }, [["value.weeks", "unknown-key"], ["value.days", "wrong-value"]]],
    [{ not: { or: [{ field: "urgent", op: "in", value: [true, 1] }] } }, [["not.or.0.value.1", "wrong-value"]]],
    [{ field: "kind", op: "eq", value: "report", note: 1 }, [["note", "unknown-key"]]],
  ])("%j", (input, expected) => expect(problems(input)).toEqual(expected));

  it("tells all problems at once, with a coded error", () => {
    const input = { and: [{ field: "x", op: "eq", value: 1 }, { field: "priority", op: "lt", value: null }] };
    expect(() => parseCondition(input, catalogue)).toThrow(expect.objectContaining({ code: "HTL_CORE_CONDITION_INVALID", status: 400 }) as Error);
    expect(problems(input)).toHaveLength(2);
  });

  it("has limits: depth, size, lists", () => {
    let deep: unknown = { field: "urgent", op: "exists" };
    for (let i = 0; i < 50_000; i++) deep = { not: deep };
    expect(problems(deep).map(([, code]) => code)).toEqual(["too-deep"]);
    expect(problems({ or: Array.from({ length: 100_000 }, () => ({ field: "urgent", op: "exists" })) }).map(([, code]) => code)).toEqual(["too-large"]);
    expect(problems({ field: "priority", op: "in", value: Array.from({ length: CONDITION_LIMITS.list + 1 }, (_, i) => i) }).map(([, code]) => code)).toEqual(["list-too-long"]);
  });

  it("keeps secret fields out of conditions, and personal ones from who may not see them", () => {
    const fields = [
      { name: "a", label: "", type: "string", sensitivity: "public" },
      { name: "b", label: "", type: "string", sensitivity: "personal" },
      { name: "c", label: "", type: "string", sensitivity: "secret" },
    ] as const;
    expect([...datasetCatalogue(fields, { personal: false }).keys()]).toEqual(["a"]);
    expect([...datasetCatalogue(fields, { personal: true }).keys()]).toEqual(["a", "b"]);
    expect(() => fieldCatalogue([{ name: "x", type: "string", column: 'x"; drop table y' }])).toThrow(RangeError);
    expect(() => fieldCatalogue([{ name: "x", type: "string" }, { name: "x", type: "number" }])).toThrow(RangeError);
  });
});

describe("SQL", () => {
  it("has every value as a parameter", () => {
    const condition: Condition = { or: [{ field: "title", op: "contains", value: "'; drop table x; --" }, { field: "dueAt", op: "lte", value: 5 }, { field: "urgent", op: "eq", value: true }] };
    expect(compileSql(condition, catalogue, { dialect: "sqlite", time, alias: "t" })).toEqual({
      sql: '(("t"."title" is not null and instr("t"."title", ?) > 0) or ("t"."due_at" is not null and "t"."due_at" <= ?) or ("t"."urgent" is not null and "t"."urgent" = 1))',
      params: ["'; drop table x; --", 5],
    });
    expect(() => compileSql(condition, catalogue, { dialect: "sqlite", time, alias: 't"' })).toThrow(RangeError);
  });
});

describe("relative time", () => {
  const text = (relative: Omit<RelativeTime, "from">): string => new Date(relativeInstant({ from: "now", ...relative }, time) + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");

  it.each<[Omit<RelativeTime, "from">, string]>([
    [{}, "2026-03-04 10:30"],
    [{ minutes: -45 }, "2026-03-04 09:45"],
    [{ startOf: "day" }, "2026-03-04 00:00"],
    [{ startOf: "week" }, "2026-03-02 00:00"],
    [{ startOf: "month", months: -1 }, "2026-02-01 00:00"],
    [{ startOf: "day", days: 1, minutes: -1 }, "2026-03-04 23:59"],
    [{ workingMinutes: 120 }, "2026-03-04 14:00"],
    [{ workingMinutes: -120 }, "2026-03-03 17:00"],
    [{ workingMinutes: -90 }, "2026-03-04 09:00"],
    [{ workingDays: 3 }, "2026-03-09 17:30"],
    [{ workingDays: -3 }, "2026-02-27 09:00"],
  ])("%j", (relative, expected) => expect(text(relative)).toBe(expected));

  it("minutes back are the inverse of minutes between", () => {
    for (const minutes of [1, 89, 90, 91, 420, 5_000]) {
      const since = relativeInstant({ from: "now", workingMinutes: -minutes }, time);
      expect(calendar.workingMinutesBetween(since, now)).toBe(minutes);
      expect(calendar.workingMinutesBetween(since + 1, now)).toBeLessThan(minutes);
    }
  });

  it("a date field gets the date in the hotline's zone", () => {
    const late = { now: Date.UTC(2026, 2, 4, 17, 0), calendar };
    expect(compileSql({ field: "day", op: "eq", value: { from: "now" } }, catalogue, { dialect: "sqlite", time: late }).params).toEqual(["2026-03-05"]);
  });

  it("needs a calendar for working time and stays within the years there are", () => {
    expect(() => relativeInstant({ from: "now", workingDays: 1 }, { now })).toThrow(expect.objectContaining({ code: "HTL_CORE_CONDITION_NEEDS_CALENDAR" }) as Error);
    expect(() => relativeInstant({ from: "now", months: 1_000_000 }, time)).toThrow(expect.objectContaining({ code: "HTL_CORE_CONDITION_TIME_OUT_OF_RANGE" }) as Error);
    const never = createBusinessCalendar({ key: "never", week: {} }, "Asia/Shanghai");
    expect(() => relativeInstant({ from: "now", workingMinutes: -1 }, { now, calendar: never })).toThrow(expect.objectContaining({ code: "HTL_CORE_CONDITION_TIME_OUT_OF_RANGE" }) as Error);
  });
});
