import type { EChartsCoreOption } from "echarts/core";
import { grouped, rounded } from "../domain/number-text.js";
import { shareText } from "./chart-data.js";
import type { ChartData, ChartSeries } from "./chart-data.js";
import { FONT, PALETTES } from "./palette.js";
import type { ChartTheme, Palette } from "./palette.js";

/** Text of charts in px: nothing smaller is read on a screen. */
const SIZE = 13;
const MANY = 100_000;

export interface ChartLook {
  readonly width: number;
  readonly height: number;
  readonly theme: ChartTheme;
  /** Patterns on areas, so that a grey print tells them apart. */
  readonly patterns: boolean;
}

/** The chart as ECharts takes it. Colour is never the only difference: lines differ by dash and marker, areas by pattern. */
export function chartOption(data: ChartData, look: ChartLook): EChartsCoreOption {
  const palette = PALETTES[look.theme];
  const common = {
    animation: false,
    backgroundColor: palette.ground,
    color: [...palette.series],
    textStyle: { fontFamily: FONT, fontSize: SIZE, color: palette.ink },
    aria: { enabled: true, label: { description: data.description }, decal: { show: look.patterns } },
  };
  const empty = data.series.every(({ points }) => points.every(({ value }) => value === null || value === 0));
  if (empty && (data.kind === "pie" || data.lying)) return { ...common, title: { text: "没有数据", left: "center", top: "middle", textStyle: { fontSize: 16, fontWeight: "normal", color: palette.quiet } } };
  return { ...common, ...(data.kind === "pie" ? pie(data, palette) : axes(data, palette, look)) };
}

function pie({ series, unit }: ChartData, palette: Palette): EChartsCoreOption {
  const points = series[0]?.points ?? [];
  const ordered = [...points].map(({ key }) => key).sort();
  return {
    series: [
      {
        type: "pie",
        radius: "62%",
        center: ["50%", "52%"],
        startAngle: 90,
        silent: true,
        data: points.map((point) => ({
          name: point.label,
          value: point.value ?? 0,
          // By name and not by rank: a category keeps its colour when another overtakes it.
          itemStyle: { color: point.key === "other" ? palette.other : palette.series[ordered.indexOf(point.key) % palette.series.length], borderColor: palette.ground, borderWidth: 2 },
          label: { formatter: `${point.label}\n${grouped(point.value ?? 0, 0)} ${unit}  ${shareText(point.value ?? 0, points)}` },
        })),
        label: { fontSize: SIZE, lineHeight: 18, color: palette.ink, fontFamily: FONT, textBorderWidth: 0 },
        labelLine: { lineStyle: { color: palette.quiet } },
        minShowLabelAngle: 0,
      },
    ],
  };
}

function axes(data: ChartData, palette: Palette, { width }: ChartLook): EChartsCoreOption {
  const { series, lying, unit, kind } = data;
  const points = series[0]?.points ?? [];
  const most = Math.max(0, ...series.flatMap((each) => each.points.map(({ value }) => value ?? 0)));
  const large = unit !== "%" && most >= MANY;
  const name = `单位：${large ? "万" : ""}${unit}`;
  const decimals = unit === "%" ? 1 : 0;
  const shown = (value: number): string => (large ? grouped(rounded(value / 10_000, 1), 1) : grouped(rounded(value, decimals), decimals));
  const labels = { fontSize: SIZE, color: palette.quiet, fontFamily: FONT };
  const category = {
    type: "category",
    data: points.map(({ short }) => short),
    inverse: lying,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.quiet } },
    // Upright text only: names lie beside lying bars, dates are left out where they would touch.
    axisLabel: { ...labels, hideOverlap: true, rotate: 0, ...(points.length <= 14 ? { interval: 0 } : {}), ...(lying ? { interval: 0, width: 120, overflow: "truncate" } : {}) },
  };
  const value = {
    type: "value",
    ...(lying ? {} : { name, nameLocation: "end", nameTextStyle: { ...labels, align: "left" } }),
    min: 0,
    ...(unit === "%" && most <= 100 ? { max: 100 } : {}),
    ...(unit === "%" ? {} : { minInterval: large ? 1000 : 1 }),
    axisLabel: { ...labels, formatter: (each: number) => (large ? grouped(each / 10_000, each % 10_000 === 0 ? 0 : 1) : grouped(each, 0)) },
    splitLine: { lineStyle: { color: palette.rule } },
  };
  const bars = points.length * series.length;
  const withValues = kind === "bar" && (lying || width / Math.max(1, bars) >= 34);
  return {
    // The axis of lying bars is below: their unit stands above, as everywhere.
    ...(lying ? { title: { text: name, left: 16, top: 8, textStyle: { ...labels, fontWeight: "normal" } } } : {}),
    grid: { left: lying ? 16 : 12, right: kind === "line" ? 84 : lying ? 72 : 16, top: 40, bottom: 12, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: lying ? value : category,
    yAxis: lying ? category : value,
    ...(kind === "bar" && series.length > 1 ? { legend: { right: 12, top: 4, selectedMode: false, itemWidth: 18, itemHeight: 12, textStyle: { ...labels, color: palette.ink } } } : {}),
    series: series.map((each, index) => (kind === "line" ? line(each, index, series, palette) : bar(each, palette, lying, withValues ? shown : undefined))),
  };
}

const MARKERS = ["circle", "rect", "triangle", "diamond"];
const DASHES = ["solid", [6, 3], [2, 3], [10, 3, 2, 3]];

function line(series: ChartSeries, index: number, all: readonly ChartSeries[], palette: Palette) {
  // A comparison has the colour of what it is compared with.
  const place = series.compared ? index - 1 : all.slice(0, index).filter(({ compared }) => !compared).length;
  const color = palette.series[place % palette.series.length];
  const few = series.points.length <= 40;
  return {
    type: "line",
    name: series.label,
    silent: true,
    data: series.points.map(({ value }) => value),
    connectNulls: false,
    symbol: series.compared ? "emptyCircle" : MARKERS[place % MARKERS.length],
    symbolSize: few ? 6 : 0,
    showSymbol: few || series.points.length === 1,
    itemStyle: { color },
    lineStyle: { color, width: series.compared ? 1.5 : 2, type: series.compared ? "dashed" : DASHES[all.some(({ compared }) => compared) ? 0 : place % DASHES.length] },
    endLabel: { show: true, formatter: series.label, fontSize: SIZE, lineHeight: 18, fontFamily: FONT, color: palette.ink, textBorderWidth: 0, distance: 8 },
    labelLayout: { moveOverlap: "shiftY" },
  };
}

function bar(series: ChartSeries, palette: Palette, lying: boolean, shown: ((value: number) => string) | undefined) {
  const color = palette.series[0];
  return {
    type: "bar",
    name: series.label,
    silent: true,
    barMaxWidth: lying ? 20 : 36,
    barGap: "10%",
    data: series.points.map(({ value }) => value),
    // The other span is an outline: told apart without colour.
    itemStyle: series.compared ? { color: palette.ground, borderColor: color, borderWidth: 1.5, borderType: "dashed", decal: { symbol: "none" } } : { color },
    label: { show: shown !== undefined, position: lying ? "right" : "top", fontSize: SIZE, fontFamily: FONT, color: palette.ink, textBorderWidth: 0, formatter: ({ value }: { value: number | null }) => (value === null || value === undefined ? "" : (shown?.(value) ?? "")) },
  };
}
