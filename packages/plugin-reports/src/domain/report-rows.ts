import type { CompareKind, DerivedMeasure, Measure, ReportCell, ReportChange, ReportColumn, ReportDefinition, ReportFigure, ReportRow } from "../contract.js";
import { partsOf } from "./calendar-date.js";
import type { DateSpan } from "./calendar-date.js";
import { changeOf } from "./changes.js";
import { comparedBucket, comparedSpan } from "./compare-spans.js";
import { figure, isRate } from "./figures.js";
import type { Formula, Plan, Sums } from "./figures.js";
import { cellOf, NONE, short } from "./number-text.js";
import { bucketsOf, periodLabel, shortLabel, spanLabel } from "./periods.js";
import type { Bucket } from "./periods.js";
import type { PeriodUnit } from "../contract.js";
import type { Tally } from "./tally.js";

/** The times a report is about. */
export interface ReportTimes {
  readonly period: PeriodUnit;
  /** As asked for. */
  readonly natural: DateSpan;
  /** What of it has passed. */
  readonly span: DateSpan;
  readonly today: string;
  readonly buckets: readonly Bucket[];
  readonly year: DateSpan;
  readonly previous: DateSpan;
}

export function reportTimes(natural: DateSpan, period: PeriodUnit, today: string): ReportTimes {
  const span = { from: natural.from, to: natural.to < today ? natural.to : today };
  return { period, natural, span, today, buckets: bucketsOf(span, period), year: comparedSpan(natural, span, "year"), previous: comparedSpan(natural, span, "previous") };
}

/** Every span whose rows are needed, also of both comparisons. */
export function neededSpans(times: ReportTimes): readonly DateSpan[] {
  const compared = times.buckets.flatMap((bucket) => [comparedBucket(bucket, "year"), comparedBucket(bucket, "previous")]);
  return mergeSpans([times.span, times.year, times.previous, ...compared.filter((span) => span !== undefined)]);
}

function mergeSpans(spans: readonly DateSpan[]): readonly DateSpan[] {
  const merged: DateSpan[] = [];
  for (const span of [...spans].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1);
    if (last !== undefined && span.from <= last.to) merged[merged.length - 1] = { from: last.from, to: last.to > span.to ? last.to : span.to };
    else merged.push(span);
  }
  return merged;
}

export interface RowsInput {
  readonly definition: ReportDefinition;
  readonly plan: Plan;
  readonly times: ReportTimes;
  readonly tally: Tally;
  readonly compare: CompareKind | undefined;
  /** Name of a member of the report's dimension. */
  readonly nameOf: (member: string | null) => string;
}

export interface ReportTable {
  readonly heads: readonly { readonly label: string; readonly labelEn: string }[];
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly ReportRow[];
}

/** The rows of a report with subtotals and total, each computed from the sums of what it covers. */
export function reportTable(input: RowsInput): ReportTable {
  return new TableBuilder(input).table();
}

export function keyFigures({ definition, plan, times, tally }: RowsInput): readonly ReportFigure[] {
  const sums = tally.total(times.span);
  const year = tally.total(times.year);
  const previous = tally.total(times.previous);
  return (definition.figures ?? []).flatMap((id) => {
    const formula = plan.formulas.find(({ measure }) => measure.id === id);
    if (formula === undefined) return [];
    const { measure } = formula;
    const value = figure(formula, sums);
    return [{ id, target: targetOf(measure, value), label: measure.label, labelEn: measure.labelEn, unit: measure.unit, value: cellOf(value, measure.unit, measure.decimals ?? 0), short: value === null || isRate(measure) ? cellOf(value, measure.unit, measure.decimals ?? 0).text : short(value, measure.decimals ?? 0), year: changeOf(measure, value, figure(formula, year)), previous: changeOf(measure, value, figure(formula, previous)) }];
  });
}

/** As shown: a value that rounds to the target has reached it. */
function targetOf({ target, unit, decimals = 0, better }: Measure, value: number | null): ReportFigure["target"] {
  if (target === undefined) return null;
  const wanted = cellOf(target, unit, decimals);
  const shown = cellOf(value, unit, decimals).value;
  const least = better !== "down";
  return { text: `${least ? "≥" : "≤"} ${wanted.text}`, met: shown === null ? null : least ? shown >= target : shown <= target };
}

/** What is compared: the sums, and those of the other span; `undefined` where there is none. */
interface Counted {
  readonly sums: Sums;
  readonly base: Sums | undefined;
  readonly comparedWith: string | undefined;
}

class TableBuilder {
  readonly #input: RowsInput;
  readonly #compared: DateSpan | undefined;

  constructor(input: RowsInput) {
    this.#input = input;
    this.#compared = input.compare === undefined ? undefined : input.times[input.compare];
  }

  table(): ReportTable {
    const { definition, plan } = this.#input;
    const { rows } = definition;
    const columns = [...plan.formulas.map(columnOf), ...(this.#share() === undefined ? [] : [{ id: "share", label: "占比", labelEn: "Share", unit: "%" }])];
    switch (rows.kind) {
      case "period":
        return { heads: [{ label: "时间", labelEn: "Period" }], columns, rows: [...this.#periods(), this.#total(["合计"])] };
      case "hour":
        return { heads: [{ label: "时段", labelEn: "Hour" }], columns, rows: [...this.#hours(), this.#total(["合计"])] };
      case "dimension":
        return { heads: [rows.dimension], columns, rows: [...this.#members(), this.#total(["合计"])] };
      case "crosstab":
        return { heads: [{ label: "日期", labelEn: "Date" }, rows.dimension], columns, rows: [...this.#crosstab(), this.#total(["总计", ""])] };
      case "measure":
        return this.#measures();
    }
  }

  #periods(): ReportRow[] {
    return this.#input.times.buckets.map((bucket, index) => ({ ...this.#row("row", bucket.key, [bucketLabel(bucket)], this.#ofBucket(bucket)), short: shortLabel(bucket, index === 0), ...noteOf(bucket, this.#input.times.today) }));
  }

  #hours(): ReportRow[] {
    return Array.from({ length: 24 }, (_, hour) => {
      const label = `${String(hour).padStart(2, "0")}:00`;
      return { ...this.#row("row", label, [`${label}—${String(hour + 1).padStart(2, "0")}:00`], this.#ofSpan(String(hour))), short: String(hour) };
    });
  }

  #members(): ReportRow[] {
    const { tally, times } = this.#input;
    const rows = this.#named(new Set([...tally.members(times.span), ...tally.members(this.#compared)])).map(({ member, name }) => this.#row("row", keyOf(member), [name], this.#ofSpan(member)));
    // Largest first; sorting is stable, so equals keep the order of their names. What has no value stands last.
    return rows.sort((a, b) => Number(a.key === NOBODY) - Number(b.key === NOBODY) || (b.cells[0]?.value ?? 0) - (a.cells[0]?.value ?? 0));
  }

  #crosstab(): ReportRow[] {
    const { tally, times } = this.#input;
    const rows: ReportRow[] = [];
    for (const bucket of times.buckets) {
      const base = this.#comparedBucket(bucket);
      const members = this.#named(new Set([...tally.members(bucket.span), ...tally.members(base)]));
      if (members.length === 0) continue;
      const label = bucketLabel(bucket);
      for (const { member, name } of members) rows.push(this.#row("row", `${bucket.key}/${keyOf(member)}`, [label, name], { sums: tally.of(bucket.span, member), base: base && tally.of(base, member), comparedWith: base && spanLabel(base) }));
      rows.push({ ...this.#row("subtotal", `${bucket.key}/`, [label, "小计"], this.#ofBucket(bucket)), ...noteOf(bucket, times.today) });
    }
    for (const { member, name } of this.#named(new Set([...tally.members(times.span), ...tally.members(this.#compared)]))) rows.push(this.#row("subtotal", `/${keyOf(member)}`, ["全部日期", name], this.#ofSpan(member)));
    return rows;
  }

  #measures(): ReportTable {
    const { plan, tally, times } = this.#input;
    const [sums, previous, year] = [tally.total(times.span), tally.total(times.previous), tally.total(times.year)];
    const rows = plan.formulas.map((formula): ReportRow => {
      const { measure } = formula;
      const value = figure(formula, sums);
      const before = changeOf(measure, value, figure(formula, previous));
      const lastYear = changeOf(measure, value, figure(formula, year));
      const change = ({ ratio, delta }: ReportChange): ReportCell => (measure.unit === "%" ? delta : ratio);
      return { key: measure.id, kind: "row", labels: [measure.label, measure.unit], short: measure.label, cells: [cellOf(value, measure.unit, measure.decimals ?? 0), before.base, lastYear.base, change(before), change(lastYear)] };
    });
    const column = (id: string, label: string, labelEn: string, unit = ""): ReportColumn => ({ id, label, labelEn, unit });
    return {
      heads: [
        { label: "指标", labelEn: "Figure" },
        { label: "单位", labelEn: "Unit" },
      ],
      columns: [column("current", "本期", "This span"), column("previous", "上期", "Span before"), column("lastYear", "上年同期", "Last year"), column("previousChange", "环比", "On the span before", "%"), column("yearChange", "同比", "On last year", "%")],
      rows,
    };
  }

  #total(labels: readonly string[]): ReportRow {
    const { tally, times } = this.#input;
    return this.#row("total", "total", labels, { sums: tally.total(times.span), base: this.#compared && tally.total(this.#compared), comparedWith: this.#compared && spanLabel(this.#compared) });
  }

  #row(kind: ReportRow["kind"], key: string, labels: readonly string[], { sums, base, comparedWith }: Counted): ReportRow {
    const { plan, compare } = this.#input;
    const shared = this.#share();
    const formulas = [...plan.formulas, ...(shared === undefined ? [] : [shared])];
    const values = formulas.map((formula) => this.#value(formula, sums, this.#input.times.span));
    return {
      key,
      kind,
      labels,
      short: labels.at(-1) ?? "",
      cells: formulas.map(({ measure }, index) => cellOf(values[index] ?? null, measure.unit, measure.decimals ?? 0)),
      ...(compare === undefined
        ? {}
        : { changes: formulas.map((formula, index) => changeOf(formula.measure, values[index] ?? null, base === undefined ? null : this.#value(formula, base, this.#compared))), comparedWith: comparedWith ?? NONE }),
    };
  }

  #value(formula: Formula, sums: Sums, whole: DateSpan | undefined): number | null {
    if (formula.measure !== SHARE) return figure(formula, sums);
    const all = figure(formula, this.#input.tally.total(whole));
    const part = figure(formula, sums);
    return all === null || all === 0 || part === null ? null : (part / all) * 100;
  }

  /** The column 占比 of a report that has it. */
  #share(): Formula | undefined {
    const { rows } = this.#input.definition;
    if (rows.kind !== "dimension" || rows.share === undefined) return undefined;
    const of = this.#input.plan.formulas.find(({ measure }) => measure.id === rows.share);
    return of && { ...of, measure: SHARE };
  }

  #ofBucket(bucket: Bucket): Counted {
    const { tally } = this.#input;
    const base = this.#comparedBucket(bucket);
    return { sums: tally.total(bucket.span), base: base && tally.total(base), comparedWith: base && spanLabel(base) };
  }

  #ofSpan(member: string | null): Counted {
    const { tally, times } = this.#input;
    return { sums: tally.of(times.span, member), base: this.#compared && tally.of(this.#compared, member), comparedWith: this.#compared && spanLabel(this.#compared) };
  }

  #comparedBucket(bucket: Bucket): DateSpan | undefined {
    return this.#input.compare === undefined ? undefined : comparedBucket(bucket, this.#input.compare);
  }

  /** Members by name; what has no value comes last. */
  #named(members: ReadonlySet<string | null>): readonly { member: string | null; name: string }[] {
    return [...members].map((member) => ({ member, name: this.#input.nameOf(member) })).sort((a, b) => Number(a.member === null) - Number(b.member === null) || compareNames(a.name, b.name));
  }
}

const SHARE: DerivedMeasure = { id: "share", label: "占比", labelEn: "Share", unit: "%", decimals: 1, plus: [] };
/** Key of the row of what has no value; no value is empty. */
const NOBODY = "-";

function keyOf(member: string | null): string {
  return member === null ? NOBODY : `=${member}`;
}

function columnOf({ measure }: Formula): ReportColumn {
  return { id: measure.id, label: measure.label, labelEn: measure.labelEn, unit: measure.unit };
}

/** Numbers in the order of numbers, all else by its characters: the same on every machine. */
function compareNames(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}

function bucketLabel(bucket: Bucket): string {
  return periodLabel(bucket);
}

function noteOf({ natural, span, unit }: Bucket, today: string): { note?: string } {
  const { month, day } = partsOf(span.to);
  if (natural.to >= today && span.to === today && unit === "day") return { note: "当日未结束" };
  if (span.from === natural.from && span.to === natural.to) return natural.to === today ? { note: "当日未结束" } : {};
  if (span.from === natural.from && span.to === today) return { note: `截至${month}月${day}日` };
  return { note: `仅${spanLabel(span)}` };
}
