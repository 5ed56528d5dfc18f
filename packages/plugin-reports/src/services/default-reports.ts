import { datasetCatalogue, parseCondition } from "@hotlinejs/core";
import type { BusinessCalendar, Clock, Condition, Dataset, Principal } from "@hotlinejs/core";
import type { ChartKind, CountedMeasure, Dimension, FilterValue, PeriodUnit, ReportCalendar, ReportDefinition, ReportRequest, ReportResult, Reports, ReportSummary } from "../contract.js";
import { isCounted, planFigures } from "../domain/figures.js";
import type { Plan } from "../domain/figures.js";
import { addDays, daysIn } from "../domain/calendar-date.js";
import type { DateSpan } from "../domain/calendar-date.js";
import { namedSpans } from "../domain/named-spans.js";
import { bucketsOf, defaultSpan, MOST_BUCKETS, periodOf, spanLabel } from "../domain/periods.js";
import { COMPARE_NAMES, timeNotes } from "../domain/report-notes.js";
import { keyFigures, neededSpans, reportTable, reportTimes } from "../domain/report-rows.js";
import type { RowsInput } from "../domain/report-rows.js";
import { Tally } from "../domain/tally.js";
import { timeText } from "../domain/time-text.js";
import { errors } from "../errors.js";
import type { DatasetReader } from "../query/dataset-reader.js";
import type { DimensionNames } from "./dimension-names.js";

export const READ = "reports.read";
/** Most values a filter offers. */
const MOST_VALUES = 200;
/** Longest span: what is asked for by mistake shall not read everything there is. */
const MOST_DAYS = 366 * 30;
/** Longest span whose values a filter offers, up to today. */
const VALUES_DAYS = 400;

export interface DefaultReportsParts {
  readonly definitions: readonly ReportDefinition[];
  readonly datasets: () => readonly Dataset[];
  readonly reader: DatasetReader;
  readonly names: DimensionNames;
  readonly calendar: () => BusinessCalendar;
  readonly clock: Clock;
}

/** See the contract. Everything of one request comes out of one tally: rows, totals, key figures, charts. */
export class DefaultReports implements Reports {
  readonly #parts: DefaultReportsParts;
  readonly #definitions: ReadonlyMap<string, ReportDefinition>;

  /** @throws HTL_REPORTS_BAD_DEFINITION and what conditions throw */
  constructor(parts: DefaultReportsParts) {
    this.#parts = parts;
    // Later ones take the place of earlier ones of the same id.
    this.#definitions = new Map(parts.definitions.map((definition) => [definition.id, definition]));
    for (const definition of this.#definitions.values()) this.#check(definition);
  }

  list(principal: Principal): readonly ReportSummary[] {
    return [...this.#definitions.values()]
      .filter((definition) => this.#missing(definition, principal) === undefined && this.#plan(definition, []).formulas.length > 0)
      .map((definition) => ({
        id: definition.id,
        title: definition.title,
        titleEn: definition.titleEn,
        layout: definition.rows.kind,
        period: definition.period,
        charts: chartKinds(definition),
        chart: definition.chart?.kind ?? null,
        filters: this.#filters(definition).map(({ id, label, labelEn }) => ({ id, label, labelEn })),
        comparable: definition.rows.kind !== "measure",
      }));
  }

  calendar(): ReportCalendar {
    const { calendar, clock } = this.#parts;
    const today = calendar().dateOf(clock.now());
    return { today, spans: namedSpans(today) };
  }

  async run(request: ReportRequest): Promise<ReportResult> {
    const { calendar, clock, names } = this.#parts;
    const definition = this.#allowed(request.report, request.principal);
    const takenAt = clock.now();
    const { timezone } = calendar();
    const today = calendar().dateOf(takenAt);
    const period = request.period ?? definition.period;
    const times = reportTimes(spanOf(request, definition, period, today), period, today);
    const compare = definition.rows.kind === "measure" ? undefined : request.compare;
    const chosen = this.#chosen(definition, request.filters ?? {});
    const plan = this.#plan(definition, chosen.map(({ dimension }) => dimension));
    if (plan.formulas.length === 0) throw errors.UNAVAILABLE(definition.title, this.#leftOut(definition, plan) || "its datasets are not here");

    const tally = await this.#count(definition, plan, neededSpans(times), chosen);
    const dimension = dimensionOf(definition);
    const dimensionNames = await names.of([...(dimension === undefined ? [] : [dimension]), ...chosen.map((each) => each.dimension)]);
    const nameOf = (of: Dimension, value: string | null): string => (value === null ? of.none : (dimensionNames.get(of.id)?.get(value) ?? of.labels?.[value] ?? value));
    const input: RowsInput = { definition, plan, times, tally, compare, nameOf: (member) => (dimension === undefined ? String(member) : nameOf(dimension, member)) };
    const table = reportTable(input);
    const takenAtText = timeText(takenAt, timezone);
    const kinds = [...(compare === undefined ? [] : [compare])];
    const leftOut = this.#leftOut(definition, plan);
    const columns = new Set(table.columns.map(({ id }) => id));
    const series = (definition.chart?.series ?? []).filter((id) => columns.has(id));
    const shares = (definition.chart?.shares ?? []).filter((id) => columns.has(id));
    const chartable = series.length > 0;
    return {
      id: definition.id,
      title: definition.title,
      titleEn: definition.titleEn,
      layout: definition.rows.kind,
      period,
      span: { ...times.natural, label: spanLabel(times.natural), unfinished: times.natural.to >= today },
      compare: compare === undefined ? null : { kind: compare, name: COMPARE_NAMES[compare].name, baseName: COMPARE_NAMES[compare].base, ...times[compare], label: spanLabel(times[compare]) },
      takenAt,
      takenAtText,
      timezone,
      basis: definition.basis,
      notes: [...timeNotes(times, definition.rows.kind === "measure" ? ["year", "previous"] : kinds, byPeriod(definition), takenAtText, tally.dates[0]), ...(leftOut === "" ? [] : [`未列出：${leftOut}`])],
      units: [...new Set(plan.formulas.map(({ measure }) => measure.unit))].join("、"),
      filters: chosen.map(({ dimension: of, values }) => ({ id: of.id, label: of.label, text: values.map((value) => nameOf(of, value)).join("、") })),
      ...table,
      figures: keyFigures(input),
      charts: chartable ? chartKinds(definition) : [],
      chart: chartable && definition.chart !== undefined ? { kind: definition.chart.kind, series, shares } : null,
    };
  }

  async filterValues(report: string, filter: string, principal: Principal): Promise<readonly FilterValue[]> {
    const { calendar, clock, names, reader } = this.#parts;
    const definition = this.#allowed(report, principal);
    const dimension = this.#filter(definition, filter);
    const today = calendar().dateOf(clock.now());
    const span = defaultValuesSpan(today);
    const counts = new Map<string, number>();
    for (const [name, member] of Object.entries(dimension.fields)) {
      const dataset = this.#dataset(name);
      if (dataset === undefined || !definition.measures.some((measure) => isCounted(measure) && measure.dataset === name)) continue;
      const values = await reader.values({ report: definition.id, dataset, date: "business_date", member, spans: [span], where: [] }, MOST_VALUES);
      for (const { value, count } of values) counts.set(value, (counts.get(value) ?? 0) + count);
    }
    const known = (await names.of([dimension])).get(dimension.id);
    return [...counts]
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, MOST_VALUES)
      .map(([value]) => ({ value, label: known?.get(value) ?? dimension.labels?.[value] ?? value }));
  }

  async #count(definition: ReportDefinition, plan: Plan, spans: readonly DateSpan[], chosen: readonly Chosen[]): Promise<Tally> {
    const tally = new Tally(plan.parts.length);
    const questions = new Map<string, { readonly dataset: Dataset; readonly date: string; readonly parts: { index: number; part: Plan["parts"][number] }[] }>();
    for (const [index, part] of plan.parts.entries()) {
      const { dataset: name, date = "business_date" } = part.measure;
      const dataset = this.#dataset(name);
      if (dataset === undefined) continue;
      const key = `${name} ${date}`;
      const question = questions.get(key) ?? { dataset, date, parts: [] };
      question.parts.push({ index, part });
      questions.set(key, question);
    }
    for (const { dataset, date, parts } of questions.values()) {
      const where = chosen.map(({ dimension, values }): Condition => ({ field: dimension.fields[dataset.name] ?? "", op: "in", value: values }));
      const entries = await this.#parts.reader.ask({ report: definition.id, dataset, date, member: memberField(definition, dataset), parts, spans, where });
      for (const entry of entries) tally.add(entry);
    }
    return tally;
  }

  /** The report, when the person may see it and every dataset it reads. */
  #allowed(id: string, principal: Principal): ReportDefinition {
    const definition = this.#definitions.get(id);
    if (definition === undefined) throw errors.UNKNOWN(id);
    const missing = this.#missing(definition, principal);
    if (missing !== undefined) throw errors.FORBIDDEN(missing, definition.title, { details: { permission: missing } });
    return definition;
  }

  #missing(definition: ReportDefinition, principal: Principal): string | undefined {
    const datasets = new Set(definition.measures.filter(isCounted).map(({ dataset }) => dataset));
    const needed = [READ, definition.permission, ...[...datasets].map((name) => this.#dataset(name)?.permission)];
    return needed.find((permission) => permission !== undefined && !principal.permissions.has(permission));
  }

  #plan(definition: ReportDefinition, filters: readonly Dimension[]): Plan {
    return planFigures(definition.id, definition.measures, (measure) => this.#available(definition, measure, filters));
  }

  /** Whether the dataset is here, has the fields the figure needs, and can be told apart by row and filters. */
  #available(definition: ReportDefinition, measure: CountedMeasure, filters: readonly Dimension[]): boolean {
    const dataset = this.#dataset(measure.dataset);
    if (dataset === undefined) return false;
    const fields = datasetCatalogue(dataset.fields, { personal: false });
    const needed = [measure.date ?? "business_date", ...(measure.field === undefined ? [] : [measure.field]), ...fieldsOf(measure.where)];
    if (!needed.every((name) => fields.has(name))) return false;
    if (definition.rows.kind === "hour" && (measure.date !== undefined || !fields.has("business_hour"))) return false;
    const dimension = dimensionOf(definition);
    return [...(dimension === undefined ? [] : [dimension]), ...filters].every((each) => fields.has(each.fields[dataset.name] ?? ""));
  }

  #leftOut(definition: ReportDefinition, plan: Plan): string {
    const shown = new Set(plan.formulas.map(({ measure }) => measure.id));
    return definition.measures.filter((measure) => measure.hidden !== true && !shown.has(measure.id)).map(({ label }) => label).join("、");
  }

  #filters(definition: ReportDefinition): readonly Dimension[] {
    return (definition.filters ?? []).filter((dimension) => this.#plan(definition, [dimension]).formulas.length > 0);
  }

  #filter(definition: ReportDefinition, id: string): Dimension {
    const dimension = definition.filters?.find((each) => each.id === id);
    if (dimension === undefined) throw errors.UNKNOWN_FILTER(definition.id, id);
    return dimension;
  }

  #chosen(definition: ReportDefinition, filters: Readonly<Record<string, readonly string[]>>): readonly Chosen[] {
    return Object.entries(filters)
      .filter(([, values]) => values.length > 0)
      .map(([id, values]) => ({ dimension: this.#filter(definition, id), values }));
  }

  #dataset(name: string): Dataset | undefined {
    return this.#parts.datasets().find((dataset) => dataset.name === name);
  }

  /** What can be known without a request, so that a mistake is told when the hotline starts. */
  #check(definition: ReportDefinition): void {
    const { id, measures, figures = [], chart, rows } = definition;
    const plan = planFigures(id, measures, () => true);
    const shown = new Map(plan.formulas.map(({ measure }) => [measure.id, measure]));
    const units = new Set((chart?.series ?? []).map((each) => shown.get(each)?.unit));
    for (const each of [...figures, ...(chart?.series ?? []), ...(chart?.shares ?? []), ...(rows.kind === "dimension" && rows.share !== undefined ? [rows.share] : [])]) {
      if (!shown.has(each)) throw errors.BAD_DEFINITION(id, `there is no figure ${each} to show`);
    }
    if (units.size > 1) throw errors.BAD_DEFINITION(id, "figures of different units cannot share a chart");
    for (const measure of measures) {
      if (!isCounted(measure) || measure.where === undefined) continue;
      const dataset = this.#dataset(measure.dataset);
      if (dataset === undefined) continue;
      const catalogue = datasetCatalogue(dataset.fields, { personal: false });
      // A field that an older or newer dataset does not have makes the figure unavailable; a wrong use of one is a mistake.
      if (fieldsOf(measure.where).every((field) => catalogue.has(field))) parseCondition(measure.where, catalogue);
    }
  }
}

interface Chosen {
  readonly dimension: Dimension;
  readonly values: readonly string[];
}

function dimensionOf({ rows }: ReportDefinition): Dimension | undefined {
  return rows.kind === "dimension" || rows.kind === "crosstab" ? rows.dimension : undefined;
}

function memberField(definition: ReportDefinition, dataset: Dataset): string | undefined {
  return definition.rows.kind === "hour" ? "business_hour" : dimensionOf(definition)?.fields[dataset.name];
}

function chartKinds({ chart, rows }: ReportDefinition): readonly ChartKind[] {
  if (chart === undefined || rows.kind === "measure") return [];
  if (rows.kind === "dimension") return ["pie", "bar"];
  if (rows.kind === "crosstab") return ["bar"];
  return chart.shares === undefined || chart.shares.length === 0 ? ["bar", "line"] : ["line", "bar", "pie"];
}

/** Names of all fields of a condition, also of one that is not valid. */
function fieldsOf(condition: unknown): readonly string[] {
  if (typeof condition !== "object" || condition === null) return [];
  if (Array.isArray(condition)) return condition.flatMap(fieldsOf);
  const node = condition as Record<string, unknown>;
  return [...(typeof node.field === "string" ? [node.field] : []), ...["and", "or", "not"].flatMap((key) => fieldsOf(node[key]))];
}

/** Has a row per period: shows several of them; all others show one. */
function byPeriod({ rows }: ReportDefinition): boolean {
  return rows.kind === "period" || rows.kind === "crosstab";
}

function spanOf(request: ReportRequest, definition: ReportDefinition, period: PeriodUnit, today: string): DateSpan {
  const { from, to } = request;
  if ((from === undefined) !== (to === undefined)) throw errors.BAD_SPAN("give both from and to, or none");
  const span = from === undefined || to === undefined ? (byPeriod(definition) ? defaultSpan(period, today) : periodOf(today, period).natural) : { from, to };
  if (span.from > span.to) throw errors.BAD_SPAN("it ends before it begins");
  if (span.from > today) throw errors.BAD_SPAN("it lies in the future");
  if (daysIn(span) > MOST_DAYS) throw errors.BAD_SPAN(`it is longer than ${MOST_DAYS} days`);
  if (byPeriod(definition) && bucketsOf(span, period).length > MOST_BUCKETS) throw errors.BAD_SPAN(`it has more than ${MOST_BUCKETS} rows of this period; choose a longer period`);
  return span;
}

function defaultValuesSpan(today: string): DateSpan {
  return { from: addDays(today, -VALUES_DAYS), to: today };
}
