import type { Condition, ConditionOperator } from "./condition.js";
import { conditionErrors } from "./condition-errors.js";
import type { ConditionField, FieldCatalogue } from "./field-catalogue.js";

export type ConditionProblemCode =
  | "not-a-condition"
  | "unknown-key"
  | "too-deep"
  | "too-large"
  | "unknown-field"
  | "unknown-operator"
  | "operator-not-for-type"
  | "wrong-value"
  | "not-among-values"
  | "list-too-long";

export interface ConditionProblem {
  /** `and.0.not.value` */
  readonly path: string;
  readonly code: ConditionProblemCode;
  readonly message: string;
}

export type ConditionResult = { readonly ok: true; readonly condition: Condition } | { readonly ok: false; readonly problems: readonly ConditionProblem[] };

/** Conditions come from people and stored rows: what is larger than this is a mistake or an attack. */
export const CONDITION_LIMITS = { depth: 20, nodes: 1_000, list: 1_000, text: 4_000 } as const;

const ORDERED: readonly ConditionField["type"][] = ["number", "duration", "date", "datetime"];
const OPERATORS: Readonly<Record<ConditionOperator, readonly ConditionField["type"][] | "all">> = {
  eq: "all",
  ne: "all",
  in: "all",
  nin: "all",
  exists: "all",
  gt: ORDERED,
  gte: ORDERED,
  lt: ORDERED,
  lte: ORDERED,
  between: ORDERED,
  contains: ["string"],
  startsWith: ["string"],
};
const RELATIVE_KEYS = ["months", "days", "hours", "minutes", "workingMinutes", "workingDays"] as const;
const STARTS = ["hour", "day", "week", "month", "year"];
/** No count of a relative time may be larger. */
const MOST_RELATIVE = 1_000_000;

type Json = Readonly<Record<string, unknown>>;

/** Checks what came from outside against the fields there are; all problems at once, each with its path. */
export function validateCondition(input: unknown, catalogue: FieldCatalogue): ConditionResult {
  const problems: ConditionProblem[] = [];
  let nodes = 0;

  const problem = (path: readonly (string | number)[], code: ConditionProblemCode, message: string): void => void problems.push({ path: path.join("."), code, message });

  const visit = (node: unknown, path: readonly (string | number)[], depth: number): void => {
    nodes += 1;
    if (nodes > CONDITION_LIMITS.nodes) {
      if (nodes === CONDITION_LIMITS.nodes + 1) problem(path, "too-large", `at most ${CONDITION_LIMITS.nodes} parts`);
      return;
    }
    if (depth > CONDITION_LIMITS.depth) return problem(path, "too-deep", `at most ${CONDITION_LIMITS.depth} levels`);
    if (!isObject(node)) return problem(path, "not-a-condition", "must be an object with and, or, not, or field and op");
    for (const key of ["and", "or"] as const) {
      if (!Object.hasOwn(node, key)) continue;
      onlyKeys(node, [key], path);
      const parts = node[key];
      if (!Array.isArray(parts)) return problem([...path, key], "not-a-condition", "must be a list of conditions");
      for (const [index, part] of parts.entries()) {
        if (nodes > CONDITION_LIMITS.nodes) return;
        visit(part, [...path, key, index], depth + 1);
      }
      return;
    }
    if (Object.hasOwn(node, "not")) {
      onlyKeys(node, ["not"], path);
      return visit(node.not, [...path, "not"], depth + 1);
    }
    comparison(node, path);
  };

  const onlyKeys = (node: Json, known: readonly string[], path: readonly (string | number)[]): void => {
    for (const key of Object.keys(node)) if (!known.includes(key)) problem([...path, key], "unknown-key", `${key} does not belong here`);
  };

  const comparison = (node: Json, path: readonly (string | number)[]): void => {
    onlyKeys(node, ["field", "op", "value"], path);
    const { op, value } = node;
    if (typeof node.field !== "string") return problem([...path, "field"], "not-a-condition", "must be the name of a field");
    const field = catalogue.get(node.field);
    if (field === undefined) return problem([...path, "field"], "unknown-field", `there is no field ${node.field.slice(0, 64)}`);
    if (typeof op !== "string" || !Object.hasOwn(OPERATORS, op)) return problem([...path, "op"], "unknown-operator", `must be one of ${Object.keys(OPERATORS).join(", ")}`);
    const types = OPERATORS[op as ConditionOperator];
    if (types !== "all" && !types.includes(field.type)) return problem([...path, "op"], "operator-not-for-type", `${op} is not for fields of type ${field.type}`);
    const at = [...path, "value"];
    switch (op as ConditionOperator) {
      case "exists":
        if (value !== undefined && typeof value !== "boolean") problem(at, "wrong-value", "must be true or false");
        return;
      case "in":
      case "nin":
        if (!Array.isArray(value)) return problem(at, "wrong-value", "must be a list");
        if (value.length > CONDITION_LIMITS.list) return problem(at, "list-too-long", `at most ${CONDITION_LIMITS.list} values`);
        for (const [index, each] of value.entries()) single(field, each, [...at, index], true);
        return;
      case "between":
        if (!Array.isArray(value) || value.length !== 2) return problem(at, "wrong-value", "must be a list of two values");
        for (const [index, each] of value.entries()) single(field, each, [...at, index], false);
        return;
      case "contains":
      case "startsWith":
        return text(value, at);
      case "eq":
      case "ne":
        return single(field, value, at, true);
      default:
        return single(field, value, at, false);
    }
  };

  const text = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value !== "string") return problem(path, "wrong-value", "must be text");
    if (value.length > CONDITION_LIMITS.text) return problem(path, "wrong-value", `at most ${CONDITION_LIMITS.text} characters`);
    // Neither database can hold these, and PostgreSQL refuses the whole query.
    if (/\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value)) problem(path, "wrong-value", "holds characters that no text can hold");
  };

  const single = (field: ConditionField, value: unknown, path: readonly (string | number)[], mayBeNull: boolean): void => {
    if (value === null) {
      if (!mayBeNull) problem(path, "wrong-value", "must not be null");
      return;
    }
    switch (field.type) {
      case "string":
        text(value, path);
        if (typeof value === "string" && field.values !== undefined && !field.values.includes(value)) problem(path, "not-among-values", `must be one of ${field.values.join(", ")}`);
        return;
      case "boolean":
        if (typeof value !== "boolean") problem(path, "wrong-value", "must be true or false");
        return;
      case "number":
      case "duration":
        if (typeof value !== "number" || !Number.isFinite(value)) problem(path, "wrong-value", "must be a finite number");
        return;
      case "datetime":
        if (isObject(value)) return relative(value, path);
        if (typeof value !== "number" || !Number.isSafeInteger(value)) problem(path, "wrong-value", "must be epoch milliseconds or a relative time");
        return;
      case "date":
        if (isObject(value)) return relative(value, path);
        if (typeof value !== "string" || !isDate(value)) problem(path, "wrong-value", "must be a date like 2026-03-02 or a relative time");
    }
  };

  const relative = (value: Json, path: readonly (string | number)[]): void => {
    onlyKeys(value, ["from", "startOf", ...RELATIVE_KEYS], path);
    if (value.from !== "now") problem([...path, "from"], "wrong-value", 'must be "now"');
    if (value.startOf !== undefined && !(typeof value.startOf === "string" && STARTS.includes(value.startOf))) problem([...path, "startOf"], "wrong-value", `must be one of ${STARTS.join(", ")}`);
    for (const key of RELATIVE_KEYS) {
      const count = value[key];
      if (count !== undefined && !(typeof count === "number" && Number.isInteger(count) && Math.abs(count) <= MOST_RELATIVE)) problem([...path, key], "wrong-value", "must be a whole number");
    }
  };

  visit(input, [], 1);
  return problems.length === 0 ? { ok: true, condition: input as Condition } : { ok: false, problems };
}

/** @throws HTL_CORE_CONDITION_INVALID with `details.problems` */
export function parseCondition(input: unknown, catalogue: FieldCatalogue): Condition {
  const result = validateCondition(input, catalogue);
  if (result.ok) return result.condition;
  throw conditionErrors.CONDITION_INVALID(result.problems.map((each) => `  ${each.path === "" ? "condition" : each.path}: ${each.message}`).join("\n"), { details: { problems: result.problems } });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
