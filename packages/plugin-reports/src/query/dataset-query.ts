import { compileSql, datasetCatalogue } from "@hotlinejs/core";
import type { Condition, ConditionTime, Dataset, DatasetField, FieldCatalogue, SqlDialect } from "@hotlinejs/core";
import type { CountedMeasure } from "../contract.js";
import type { SumPart } from "../domain/figures.js";
import type { DateSpan } from "../domain/calendar-date.js";
import { addDays, dayNumber } from "../domain/calendar-date.js";
import { errors } from "../errors.js";

/** Counts and sums of one dataset, by day and one more field. */
export interface DatasetQuestion {
  readonly report: string;
  readonly dataset: Dataset;
  /** Field of the date, of type `date` or `datetime`. */
  readonly date: string;
  /** Field by which rows are told apart. */
  readonly member: string | undefined;
  readonly parts: readonly { readonly index: number; readonly part: SumPart }[];
  readonly spans: readonly DateSpan[];
  readonly where: readonly Condition[];
}

/** For knex: pieces of SQL with their values. */
export interface CompiledQuestion {
  readonly source: string;
  /** Quoted columns, `d` the date and `m` the member. */
  readonly groups: readonly string[];
  readonly selects: readonly { readonly sql: string; readonly params: readonly (string | number)[] }[];
  readonly where: { readonly sql: string; readonly params: readonly (string | number)[] };
  readonly dateType: "date" | "datetime";
  readonly memberType: DatasetField["type"] | undefined;
}

const DAY_MS = 86_400_000;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/**
 * Names of tables and columns come from datasets alone, values are parameters, conditions are those
 * of core. Personal and secret fields are no part of the catalogue: nobody counts by them.
 *
 * @throws HTL_REPORTS_BAD_DEFINITION, HTL_CORE_CONDITION_INVALID
 */
export function compileQuestion(question: DatasetQuestion, dialect: SqlDialect, time: ConditionTime): CompiledQuestion {
  const { dataset, report, date, member, parts, spans, where } = question;
  const catalogue = datasetCatalogue(dataset.fields, { personal: false });
  if (!IDENTIFIER.test(dataset.source)) throw errors.BAD_DEFINITION(report, `the source of ${dataset.name} is no plain name`);
  const dateField = fieldOf(report, dataset, catalogue, date, ["date", "datetime"]);
  const compile = (condition: Condition): { sql: string; params: readonly (string | number)[] } => compileSql(condition, catalogue, { dialect, time });
  const sum = ({ measure, of }: SumPart): { sql: string; params: readonly (string | number)[] } => {
    const conditions = [...(measure.where === undefined ? [] : [measure.where])];
    if (measure.aggregate !== "count") conditions.push({ field: valueField(report, dataset, catalogue, measure), op: "exists" });
    const { sql, params } = compile({ and: conditions });
    return { sql: `sum(case when ${sql} then ${of === "rows" ? "1" : `"${measure.field ?? ""}"`} else 0 end)`, params };
  };
  const memberField = member === undefined ? undefined : fieldOf(report, dataset, catalogue, member);
  return {
    source: dataset.source,
    groups: [dateField.name, ...(memberField === undefined ? [] : [memberField.name])],
    selects: parts.map(({ part }) => sum(part)),
    where: compile({ and: [{ or: spans.map((span) => within(dateField, span)) }, ...where] }),
    dateType: dateField.type === "date" ? "date" : "datetime",
    memberType: memberField?.type,
  };
}

/** Of moments one day more on both sides: which date they are of is told by the hotline's zone, afterwards. */
function within(field: DatasetField | { name: string; type: string }, { from, to }: DateSpan): Condition {
  if (field.type === "date") return { field: field.name, op: "between", value: [from, to] };
  return { field: field.name, op: "between", value: [dayNumber(addDays(from, -1)) * DAY_MS, dayNumber(addDays(to, 2)) * DAY_MS] };
}

function fieldOf(report: string, dataset: Dataset, catalogue: FieldCatalogue, name: string, types?: readonly string[]): { readonly name: string; readonly type: DatasetField["type"] } {
  const field = catalogue.get(name);
  if (field === undefined) throw errors.BAD_DEFINITION(report, `${dataset.name} has no field ${name} that may be counted by`);
  if (types !== undefined && !types.includes(field.type)) throw errors.BAD_DEFINITION(report, `${dataset.name}.${name} is of type ${field.type}, not ${types.join(" or ")}`);
  return field;
}

function valueField(report: string, dataset: Dataset, catalogue: FieldCatalogue, measure: CountedMeasure): string {
  return fieldOf(report, dataset, catalogue, measure.field ?? "", ["number", "duration"]).name;
}
