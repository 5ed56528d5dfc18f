import { token } from "@hotlinejs/core";
import type { Condition, Principal } from "@hotlinejs/core";

export type PeriodUnit = "day" | "week" | "month" | "quarter" | "year";
/** `year`: the same span of last year (同比). `previous`: the span before (环比). */
export type CompareKind = "year" | "previous";
export type ChartKind = "line" | "bar" | "pie";

interface MeasureBase {
  readonly id: string;
  readonly label: string;
  readonly labelEn: string;
  /** Of the value: `次`, `件`, `秒`, `%`. */
  readonly unit: string;
  /** Digits after the point. Default 0. */
  readonly decimals?: number;
  /** What the value is multiplied by: 0.001 makes seconds of milliseconds, 100 makes per cent of a share. Default 1. */
  readonly scale?: number;
  /** Whether more is good. Left out: neither. */
  readonly better?: "up" | "down";
  /** What is to be reached, in the unit shown; with `better: "down"` what is not to be exceeded. Shown with the key figure. */
  readonly target?: number;
  /** Only for the formulas of others. */
  readonly hidden?: boolean;
}

/** A figure counted in the rows of one dataset. */
export interface CountedMeasure extends MeasureBase {
  readonly dataset: string;
  /** `average`: the sum over the number of rows that have the field; of several rows it is computed anew from both. */
  readonly aggregate: "count" | "sum" | "average";
  /** Of type `number` or `duration`; for `sum` and `average`. */
  readonly field?: string;
  /** Over the fields of the dataset. */
  readonly where?: Condition;
  /** Field of the date it belongs to, `date` or `datetime`. Default `business_date`. */
  readonly date?: string;
}

/** Computed from counts and sums of the same report, of the sums also in totals: never an average of averages. */
export interface DerivedMeasure extends MeasureBase {
  readonly plus: readonly string[];
  readonly minus?: readonly string[];
  /** The denominator; 0 makes the value none. */
  readonly over?: { readonly plus: readonly string[]; readonly minus?: readonly string[] };
}

export type Measure = CountedMeasure | DerivedMeasure;

/** A property by which rows are told apart or chosen, and the field that holds it in each dataset. */
export interface Dimension {
  /** `agent`, `kind`, `queue`, `source` ...; names for its values come from whoever has that noun. */
  readonly id: string;
  readonly label: string;
  readonly labelEn: string;
  /** Dataset -> field. Figures of other datasets cannot be told apart by it and are left out. */
  readonly fields: Readonly<Record<string, string>>;
  /** Shown where there is no value. */
  readonly none: string;
  /** Names of values, where nobody else has some. */
  readonly labels?: Readonly<Record<string, string>>;
}

export type RowAxis =
  | { readonly kind: "period" }
  | { readonly kind: "hour" }
  /** `share`: id of the count whose part of the total (占比) is shown too. */
  | { readonly kind: "dimension"; readonly dimension: Dimension; readonly share?: string }
  /** Period and dimension, with subtotals of both. */
  | { readonly kind: "crosstab"; readonly dimension: Dimension }
  /** A row per figure: this span, the one before, that of last year. */
  | { readonly kind: "measure" };

export interface ReportDefinition {
  /** `[a-z][a-z0-9-]*`; part of the address. */
  readonly id: string;
  readonly title: string;
  readonly titleEn: string;
  /** Who may see it, besides `reports.read` and the permissions of its datasets. */
  readonly permission?: string;
  readonly rows: RowAxis;
  readonly measures: readonly Measure[];
  /** 统计口径: what the figures count, one sentence each. */
  readonly basis: readonly string[];
  /** Unit of time when nobody says. */
  readonly period: PeriodUnit;
  /** Ids of the key figures on top, at most 5. */
  readonly figures?: readonly string[];
  readonly filters?: readonly Dimension[];
  readonly chart?: {
    readonly kind: ChartKind;
    /** Ids of measures of one unit, at most 4; of a comparison the first. */
    readonly series: readonly string[];
    /** Ids of measures that are the parts of a pie, where the rows are not. */
    readonly shares?: readonly string[];
  };
}

export interface ReportRequest {
  readonly report: string;
  readonly principal: Principal;
  readonly period?: PeriodUnit;
  /** `YYYY-MM-DD`, both inclusive. Both or none. Default: up to the period of today. */
  readonly from?: string;
  readonly to?: string;
  readonly compare?: CompareKind;
  /** Dimension -> values, for the report's filters. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}

export interface ReportCell {
  /** Rounded to the digits shown; `null` where there is none (nothing to divide by). */
  readonly value: number | null;
  /** As people read it: `1,284`, `96.4%`, `—`. */
  readonly text: string;
}

export interface ReportChange {
  readonly base: ReportCell;
  /** Of rates in 百分点. */
  readonly delta: ReportCell;
  /** In per cent; none for rates and where the base is 0. */
  readonly ratio: ReportCell;
  readonly tone: "better" | "worse" | "neutral";
  /** `+8.2%（+970）`; of a base below 30 the difference alone. */
  readonly text: string;
}

export interface ReportColumn {
  readonly id: string;
  readonly label: string;
  readonly labelEn: string;
  readonly unit: string;
}

export interface ReportRow {
  readonly key: string;
  readonly kind: "row" | "subtotal" | "total";
  /** One per head column. */
  readonly labels: readonly string[];
  /** For the axis of a chart. */
  readonly short: string;
  /** Says of a row that its period is cut or not over. */
  readonly note?: string;
  readonly cells: readonly ReportCell[];
  /** One per column when the report is compared; what it is compared with. */
  readonly changes?: readonly ReportChange[];
  readonly comparedWith?: string;
}

export interface ReportFigure {
  readonly id: string;
  readonly label: string;
  readonly labelEn: string;
  readonly unit: string;
  readonly value: ReportCell;
  /** For cards: `1.28 万` from ten thousand on. */
  readonly short: string;
  /** What it is held against; `met` is `null` where there is no value. */
  readonly target: { /** `≥ 95.0%`. */ readonly text: string; readonly met: boolean | null } | null;
  readonly year: ReportChange;
  readonly previous: ReportChange;
}

export interface ReportResult {
  readonly id: string;
  readonly title: string;
  readonly titleEn: string;
  readonly layout: RowAxis["kind"];
  readonly period: PeriodUnit;
  readonly span: { readonly from: string; readonly to: string; readonly label: string; /** Not over yet. */ readonly unfinished: boolean };
  readonly compare: { readonly kind: CompareKind; /** 同比, 环比. */ readonly name: string; /** 上年同期, 上期. */ readonly baseName: string; readonly from: string; readonly to: string; readonly label: string } | null;
  /** Epoch ms, and as text in the hotline's zone. */
  readonly takenAt: number;
  readonly takenAtText: string;
  readonly timezone: string;
  readonly basis: readonly string[];
  /** What to know before reading: unfinished, unequal spans, figures left out. */
  readonly notes: readonly string[];
  /** Units of the columns: `件、次、%`. */
  readonly units: string;
  /** What was chosen, in words. */
  readonly filters: readonly { readonly id: string; readonly label: string; readonly text: string }[];
  readonly heads: readonly { readonly label: string; readonly labelEn: string }[];
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly ReportRow[];
  readonly figures: readonly ReportFigure[];
  /** Ids of the columns a chart can show, and how. */
  readonly charts: readonly ChartKind[];
  readonly chart: { readonly kind: ChartKind; readonly series: readonly string[]; readonly shares: readonly string[] } | null;
}

export interface ReportSummary {
  readonly id: string;
  readonly title: string;
  readonly titleEn: string;
  readonly layout: RowAxis["kind"];
  readonly period: PeriodUnit;
  readonly charts: readonly ChartKind[];
  /** How it is shown when nobody says; `null` where it has no chart. */
  readonly chart: ChartKind | null;
  readonly filters: readonly { readonly id: string; readonly label: string; readonly labelEn: string }[];
  /** Whether it can be compared by its request; a report of figures always shows both. */
  readonly comparable: boolean;
}

/** Names for spans that people ask for, as of today. */
export type SpanName = "today" | "yesterday" | "thisMonth" | "lastMonth" | "thisQuarter" | "lastQuarter" | "thisYear" | "lastYear";

export interface ReportCalendar {
  /** The hotline's date. */
  readonly today: string;
  readonly spans: Readonly<Record<SpanName, { readonly from: string; readonly to: string }>>;
}

export interface FilterValue {
  readonly value: string;
  readonly label: string;
}

/** Statistics over the datasets of the plugins present. */
export interface Reports {
  /** Those the person may see and whose datasets are here. */
  list(principal: Principal): readonly ReportSummary[];
  calendar(): ReportCalendar;
  /** `HTL_REPORTS_UNKNOWN`, `HTL_REPORTS_FORBIDDEN`, `HTL_REPORTS_BAD_SPAN`, `HTL_REPORTS_TOO_LARGE`, `HTL_REPORTS_TOO_SLOW` ... */
  run(request: ReportRequest): Promise<ReportResult>;
  /** The values there are of a report's filter, by how often. */
  filterValues(report: string, filter: string, principal: Principal): Promise<readonly FilterValue[]>;
}

export const REPORTS = token<Reports>("reports.reports");
