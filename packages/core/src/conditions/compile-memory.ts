import type { Comparison, Condition, ConditionScalar } from "./condition.js";
import { fixedValue } from "./condition-time.js";
import type { ConditionTime } from "./condition-time.js";
import { parseCondition } from "./validate-condition.js";
import type { ConditionFieldType, FieldCatalogue } from "./field-catalogue.js";

/** Fields by name; a missing one is `null`. */
export type ConditionRecord = Readonly<Record<string, unknown>>;
export type ConditionPredicate = (record: ConditionRecord) => boolean;

/**
 * A condition as a function. Relative times are fixed at `time`: compile anew for a later moment.
 *
 * @throws HTL_CORE_CONDITION_INVALID and what relative times throw
 */
export function compileMemory(input: unknown, catalogue: FieldCatalogue, time: ConditionTime): ConditionPredicate {
  return predicate(parseCondition(input, catalogue), catalogue, time);
}

function predicate(condition: Condition, catalogue: FieldCatalogue, time: ConditionTime): ConditionPredicate {
  if ("and" in condition) {
    const parts = condition.and.map((part) => predicate(part, catalogue, time));
    return (record) => parts.every((part) => part(record));
  }
  if ("or" in condition) {
    const parts = condition.or.map((part) => predicate(part, catalogue, time));
    return (record) => parts.some((part) => part(record));
  }
  if ("not" in condition) {
    const part = predicate(condition.not, catalogue, time);
    return (record) => !part(record);
  }
  return comparison(condition, catalogue.get(condition.field)?.type ?? "string", time);
}

function comparison(condition: Comparison, type: ConditionFieldType, time: ConditionTime): ConditionPredicate {
  const { field } = condition;
  const read = (record: ConditionRecord): unknown => (Object.hasOwn(record, field) ? (record[field] ?? null) : null);
  switch (condition.op) {
    case "exists": {
      const wanted = condition.value ?? true;
      return (record) => (read(record) !== null) === wanted;
    }
    case "eq":
    case "ne": {
      const value = fixedValue(condition.value, type, time);
      const wanted = condition.op === "eq";
      return (record) => (read(record) === value) === wanted;
    }
    case "in":
    case "nin": {
      const values = new Set<unknown>(condition.value.map((each) => fixedValue(each, type, time)));
      const wanted = condition.op === "in";
      return (record) => values.has(read(record)) === wanted;
    }
    case "contains":
      return (record) => textOf(read(record))?.includes(condition.value) ?? false;
    case "startsWith":
      return (record) => textOf(read(record))?.startsWith(condition.value) ?? false;
    case "between": {
      const [from, to] = condition.value.map((each) => fixedValue(each, type, time)) as [ConditionScalar, ConditionScalar];
      return (record) => {
        const found = read(record);
        return ordered(found, from, (order) => order >= 0) && ordered(found, to, (order) => order <= 0);
      };
    }
    default: {
      const value = fixedValue(condition.value, type, time);
      const test = ORDER[condition.op];
      return (record) => ordered(read(record), value, test);
    }
  }
}

const ORDER: Readonly<Record<"gt" | "gte" | "lt" | "lte", (order: number) => boolean>> = {
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
};

/** Only two numbers or two texts (dates) have an order; all else is false, without JavaScript's conversions. */
function ordered(found: unknown, value: ConditionScalar, test: (order: number) => boolean): boolean {
  if (typeof found === "number" && typeof value === "number") return test(found < value ? -1 : found > value ? 1 : found === value ? 0 : Number.NaN);
  if (typeof found === "string" && typeof value === "string") return test(found < value ? -1 : found > value ? 1 : 0);
  return false;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
