import type { Comparison, Condition, ConditionScalar } from "./condition.js";
import { fixedValue } from "./condition-time.js";
import type { ConditionTime } from "./condition-time.js";
import { parseCondition } from "./validate-condition.js";
import type { ConditionField, ConditionFieldType, FieldCatalogue } from "./field-catalogue.js";

export type SqlDialect = "sqlite" | "postgres";

/** For `where`: text with `?` for each parameter, as knex's `whereRaw(sql, params)` takes it. */
export interface SqlCondition {
  readonly sql: string;
  readonly params: readonly (string | number)[];
}

export interface SqlConditionOptions {
  readonly dialect: SqlDialect;
  readonly time: ConditionTime;
  /** Alias of the table before each column. */
  readonly alias?: string;
}

/**
 * A condition as SQL. Values are always parameters and columns come from the catalogue, so nothing a
 * person writes gets into the text. Every part is true or false and never NULL: what is true of a
 * record in memory is true of its row.
 *
 * Expected columns: text for `string` and `date` (`YYYY-MM-DD`); integers for `datetime` (epoch ms);
 * integers or floats for `number` and `duration`; for `boolean` what MikroORM makes of `p.boolean()`.
 *
 * @throws HTL_CORE_CONDITION_INVALID and what relative times throw
 */
export function compileSql(input: unknown, catalogue: FieldCatalogue, options: SqlConditionOptions): SqlCondition {
  if (options.alias !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(options.alias)) throw new RangeError(`${options.alias} is no plain alias`);
  const params: (string | number)[] = [];
  const sql = new SqlWriter(catalogue, options, params).write(parseCondition(input, catalogue));
  return { sql, params };
}

class SqlWriter {
  readonly #catalogue: FieldCatalogue;
  readonly #options: SqlConditionOptions;
  readonly #params: (string | number)[];

  constructor(catalogue: FieldCatalogue, options: SqlConditionOptions, params: (string | number)[]) {
    this.#catalogue = catalogue;
    this.#options = options;
    this.#params = params;
  }

  write(condition: Condition): string {
    if ("and" in condition) return condition.and.length === 0 ? "1 = 1" : `(${condition.and.map((part) => this.write(part)).join(" and ")})`;
    if ("or" in condition) return condition.or.length === 0 ? "1 = 0" : `(${condition.or.map((part) => this.write(part)).join(" or ")})`;
    if ("not" in condition) return `not (${this.write(condition.not)})`;
    const field = this.#catalogue.get(condition.field);
    // parseCondition has made sure of it.
    return field === undefined ? "1 = 0" : this.#comparison(condition, field);
  }

  #comparison(condition: Comparison, field: ConditionField): string {
    const { alias, dialect } = this.#options;
    const column = `${alias === undefined ? "" : `"${alias}".`}"${field.column ?? field.name}"`;
    const { type } = field;
    switch (condition.op) {
      case "exists":
        return `${column} is ${(condition.value ?? true) ? "not null" : "null"}`;
      case "eq":
        return this.#equal(column, this.#fixed(condition.value, type), type);
      case "ne":
        return this.#unequal(column, this.#fixed(condition.value, type), type);
      case "in":
      case "nin":
        return this.#among(column, condition.value.map((each) => this.#fixed(each, type)), type, condition.op === "in");
      case "contains":
        // `like` ignores the case of ASCII letters in SQLite and has its own wildcards.
        if (condition.value === "") return `${column} is not null`;
        return `(${column} is not null and ${dialect === "sqlite" ? "instr" : "strpos"}(${column}, ${this.#param(condition.value, type)}) > 0)`;
      case "startsWith":
        if (condition.value === "") return `${column} is not null`;
        return `(${column} is not null and substr(${column}, 1, ${[...condition.value].length}) = ${this.#param(condition.value, type)})`;
      case "between": {
        const from = this.#param(this.#fixed(condition.value[0], type), type);
        const to = this.#param(this.#fixed(condition.value[1], type), type);
        const ordered = this.#ordered(column, type);
        return `(${column} is not null and ${ordered} >= ${from} and ${ordered} <= ${to})`;
      }
      default:
        return `(${column} is not null and ${this.#ordered(column, type)} ${SIGNS[condition.op]} ${this.#param(this.#fixed(condition.value, type), type)})`;
    }
  }

  #equal(column: string, value: ConditionScalar, type: ConditionFieldType): string {
    return value === null ? `${column} is null` : `(${column} is not null and ${column} = ${this.#param(value, type)})`;
  }

  #unequal(column: string, value: ConditionScalar, type: ConditionFieldType): string {
    return value === null ? `${column} is not null` : `(${column} is null or ${column} <> ${this.#param(value, type)})`;
  }

  #among(column: string, values: readonly ConditionScalar[], type: ConditionFieldType, wanted: boolean): string {
    const present = [...new Set(values)].filter((value) => value !== null);
    const withNull = values.includes(null);
    const list = present.map((value) => this.#param(value, type)).join(", ");
    if (wanted) {
      const among = present.length === 0 ? undefined : `(${column} is not null and ${column} in (${list}))`;
      if (!withNull) return among ?? "1 = 0";
      return among === undefined ? `${column} is null` : `(${column} is null or ${among})`;
    }
    const outside = present.length === 0 ? undefined : `${column} not in (${list})`;
    if (withNull) return outside === undefined ? `${column} is not null` : `(${column} is not null and ${outside})`;
    return outside === undefined ? "1 = 1" : `(${column} is null or ${outside})`;
  }

  #fixed(value: Parameters<typeof fixedValue>[0], type: ConditionFieldType): ConditionScalar {
    return fixedValue(value, type, this.#options.time);
  }

  /** Dates are ordered by their octets; other collations of PostgreSQL would skip the hyphens. */
  #ordered(column: string, type: ConditionFieldType): string {
    return type === "date" && this.#options.dialect === "postgres" ? `${column} collate "C"` : column;
  }

  #param(value: ConditionScalar, type: ConditionFieldType): string {
    const { dialect } = this.#options;
    if (typeof value === "boolean") {
      if (dialect === "postgres") return value ? "true" : "false";
      return value ? "1" : "0";
    }
    if (value === null) return "null";
    this.#params.push(value);
    if (dialect === "sqlite") return "?";
    // The type is told, or PostgreSQL takes the column's and refuses 0.5 for an integer.
    if (typeof value === "number") return Number.isSafeInteger(value) ? "cast(? as bigint)" : "cast(? as double precision)";
    return type === "date" ? `cast(? as text) collate "C"` : "cast(? as text)";
  }
}

const SIGNS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
