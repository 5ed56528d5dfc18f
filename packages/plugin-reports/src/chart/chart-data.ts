import type { ChartKind, ReportResult, ReportRow } from "../contract.js";
import { errors } from "../errors.js";
import { cellOf, grouped, NONE } from "../domain/number-text.js";

export interface ChartPoint {
  readonly key: string;
  readonly label: string;
  readonly short: string;
  readonly value: number | null;
}

export interface ChartSeries {
  readonly id: string;
  readonly label: string;
  readonly points: readonly ChartPoint[];
  /** The other span of a comparison: drawn in the colour of the series before it. */
  readonly compared: boolean;
}

/** What a chart shows: numbers of the result's rows, nothing computed anew. */
export interface ChartData {
  readonly kind: ChartKind;
  /** Lying bars: for names, which are long. */
  readonly lying: boolean;
  readonly unit: string;
  readonly series: readonly ChartSeries[];
  readonly title: string;
  /** For those who do not see it. */
  readonly description: string;
}

const MOST_BARS = 10;
const MOST_SLICES = 7;
const MOST_LINES = 4;

/**
 * @param measures ids of the columns to show; default those of the report. Of a comparison the first.
 * @throws HTL_REPORTS_NO_CHART
 */
export function chartData(result: ReportResult, kind: ChartKind, measures?: readonly string[]): ChartData {
  const { chart } = result;
  if (chart === null || !result.charts.includes(kind)) throw errors.NO_CHART(result.title, kind);
  const known = result.columns.map(({ id }) => id);
  const chosen = (measures ?? chart.series).filter((id) => known.includes(id) && id !== "share");
  const unit = result.columns.find(({ id }) => id === chosen[0])?.unit;
  if (unit === undefined) throw errors.NO_CHART(result.title, kind);
  const wanted = chosen.filter((id) => result.columns.find((column) => column.id === id)?.unit === unit).slice(0, result.compare === null && kind !== "bar" ? MOST_LINES : 1);
  const series = kind === "pie" ? [pieSeries(result, chosen)] : wanted.flatMap((id) => barSeries(result, id));
  const shownUnit = kind === "pie" ? (result.columns.find(({ id }) => id === (result.layout === "dimension" ? chosen[0] : chart.shares[0]))?.unit ?? unit) : unit;
  const title = `${result.title}（${result.span.label}）`;
  return { kind, lying: kind === "bar" && (result.layout === "dimension" || result.layout === "crosstab"), unit: shownUnit, series, title, description: describe(title, kind, shownUnit, series) };
}

function barSeries(result: ReportResult, id: string): ChartSeries[] {
  const column = result.columns.findIndex((each) => each.id === id);
  const { label = id } = result.columns[column] ?? {};
  const rows = chartRows(result);
  const points = (value: (row: ReportRow) => number | null): ChartPoint[] => rows.map((row) => ({ key: row.key, label: row.labels.at(-1) ?? "", short: row.short, value: value(row) }));
  const own: ChartSeries = { id, label: result.compare === null ? label : "本期", points: limited(points((row) => row.cells[column]?.value ?? null), result.layout, MOST_BARS), compared: false };
  // Whoever has none of it need not be drawn.
  if (result.compare === null && result.layout !== "period" && result.layout !== "hour") return [{ ...own, points: own.points.filter(({ value }) => value !== 0) }];
  if (result.compare === null) return [own];
  const shown = new Set(own.points.map(({ key }) => key));
  const base = points((row) => row.changes?.[column]?.base.value ?? null);
  const others = base.filter(({ key }) => !shown.has(key));
  const compared = own.points.map((point) => (point.key === OTHER ? { ...point, value: others.reduce((sum, each) => sum + (each.value ?? 0), 0) } : (base.find(({ key }) => key === point.key) ?? { ...point, value: null })));
  return [own, { id: `${id}-base`, label: result.compare.baseName, points: compared, compared: true }];
}

/** Parts of a whole: the rows, or the measures that are parts, of the total. */
function pieSeries(result: ReportResult, chosen: readonly string[]): ChartSeries {
  const { shares = [] } = result.chart ?? {};
  if (result.layout === "dimension") {
    const column = result.columns.findIndex(({ id }) => id === chosen[0]);
    const points = chartRows(result).map((row) => ({ key: row.key, label: row.labels[0] ?? "", short: row.short, value: row.cells[column]?.value ?? null }));
    return { id: chosen[0] ?? "", label: result.columns[column]?.label ?? "", points: limited(positive(points), "dimension", MOST_SLICES), compared: false };
  }
  const total = result.rows.find(({ kind }) => kind === "total");
  const points = result.columns.flatMap((column, index) => (shares.includes(column.id) ? [{ key: column.id, label: column.label, short: column.label, value: total?.cells[index]?.value ?? null }] : []));
  return { id: "shares", label: "构成", points: limited(positive(points), "dimension", MOST_SLICES), compared: false };
}

function positive(points: readonly ChartPoint[]): ChartPoint[] {
  return points.filter(({ value }) => value !== null && value > 0).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
}

const OTHER = "other";

/** Of names the largest, the rest as 其他. */
function limited(points: readonly ChartPoint[], layout: ReportResult["layout"], most: number): readonly ChartPoint[] {
  if (layout !== "dimension" && layout !== "crosstab") return points;
  const sorted = [...points].sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  if (sorted.length <= most) return sorted;
  const rest = sorted.slice(most - 1);
  return [...sorted.slice(0, most - 1), { key: OTHER, label: "其他", short: "其他", value: rest.reduce((sum, { value }) => sum + (value ?? 0), 0) }];
}

function chartRows(result: ReportResult): readonly ReportRow[] {
  if (result.layout !== "crosstab") return result.rows.filter(({ kind }) => kind === "row");
  // Subtotals over all dates, one per member.
  return result.rows.filter(({ kind, key }) => kind === "subtotal" && key.startsWith("/"));
}

const KINDS: Readonly<Record<ChartKind, string>> = { line: "折线图", bar: "条形图", pie: "饼图" };

function describe(title: string, kind: ChartKind, unit: string, series: readonly ChartSeries[]): string {
  const parts = series.map(({ label, points }) => {
    const told = points.filter((point): point is ChartPoint & { value: number } => point.value !== null);
    if (told.length === 0) return `${label}：没有数据`;
    if (kind === "pie") return told.map((point) => `${point.label} ${grouped(point.value, 0)} ${unit}，占 ${shareText(point.value, told)}`).join("；");
    const most = told.reduce((a, b) => (b.value > a.value ? b : a));
    const least = told.reduce((a, b) => (b.value < a.value ? b : a));
    const text = (point: ChartPoint): string => `${point.label} ${cellOf(point.value, unit, unit === "%" ? 1 : 0).text}${unit === "%" ? "" : ` ${unit}`}`;
    return `${label}：最高 ${text(most)}，最低 ${text(least)}`;
  });
  return `${title}，${KINDS[kind]}。${parts.join("。")}。`;
}

/** Part of all points, as it is written at a slice. */
export function shareText(value: number, points: readonly { readonly value: number | null }[]): string {
  const all = points.reduce((sum, point) => sum + (point.value ?? 0), 0);
  return all === 0 ? NONE : cellOf((value / all) * 100, "%", 1).text;
}
