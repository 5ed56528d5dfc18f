import { QueueingError } from "../errors.js";
import { clockText } from "../simulator/scenario.js";
import type { Variant } from "./run.js";

const PALETTE = ["#1d5fd1", "#c2410c", "#0f766e", "#7c3aed", "#b91c1c", "#4d7c0f"];

/** Service level, mean wait and occupancy over the intervals, a line for each variant and pool, as SVG; dashed beside it what Erlang C says of each interval alone, dotted Erlang A. */
export async function drawChart(variants: readonly Variant[]): Promise<string> {
  const echarts = await import("echarts").catch(() => {
    throw new QueueingError("SCENARIO", "--svg needs the package echarts: npm install echarts");
  });
  const lines = variants.flatMap(({ name, played }) => {
    const run = played.runs[0];
    return (run?.pools ?? []).map(({ queues }) => ({ name: run?.pools.length === 1 ? name : `${name}: ${queues.join(" + ")}`, intervals: (run?.intervals ?? []).filter((interval) => interval.queues === queues) }));
  });
  const times = [...new Set(lines.flatMap(({ intervals }) => intervals.map(({ from }) => from)))].sort((a, b) => a - b);
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 1000, height: 900 });
  const grid = [
    { left: 70, right: 30, top: 80, height: 200 },
    { left: 70, right: 30, top: 360, height: 200 },
    { left: 70, right: 30, top: 640, height: 200 },
  ];
  chart.setOption({
    animation: false,
    color: PALETTE,
    textStyle: { fontFamily: "system-ui, sans-serif" },
    // The gap, as fonts are only guessed at here: a name would run into the next mark.
    legend: { top: 14, itemGap: 32, icon: "roundRect", itemHeight: 4, data: lines.map(({ name }) => name) },
    title: [
      { text: "Service level", left: 16, top: 48, textStyle: { fontSize: 14 } },
      { text: "Mean wait, s", left: 16, top: 328, textStyle: { fontSize: 14 } },
      { text: "Occupancy", left: 16, top: 608, textStyle: { fontSize: 14 } },
      { text: "played: solid · Erlang C: dashed · Erlang A: dotted", right: 30, top: 50, textStyle: { fontSize: 12, fontWeight: "normal" } },
    ],
    grid,
    xAxis: grid.map((_, gridIndex) => ({ type: "category", gridIndex, data: times.map(clockText), boundaryGap: false })),
    yAxis: [
      { type: "value", gridIndex: 0, min: 0, max: 1, axisLabel: { formatter: (value: number) => `${Math.round(value * 100)} %` } },
      { type: "value", gridIndex: 1, min: 0 },
      { type: "value", gridIndex: 2, min: 0, max: 1, axisLabel: { formatter: (value: number) => `${Math.round(value * 100)} %` } },
    ],
    series: lines.flatMap(({ name, intervals }, index) => {
      const at = new Map(intervals.map((interval) => [interval.from, interval]));
      const series = (axis: 0 | 1 | 2, value: (interval: (typeof intervals)[number]) => number | undefined, analytic?: "dashed" | "dotted") => ({
        name,
        type: "line" as const,
        ...(analytic === undefined ? {} : { lineStyle: { type: analytic, width: 1.2 } }),
        xAxisIndex: axis,
        yAxisIndex: axis,
        showSymbol: false,
        color: PALETTE[index % PALETTE.length],
        data: times.map((time) => {
          const interval = at.get(time);
          return (interval && value(interval)) ?? null;
        }),
      });
      return [
        series(0, ({ figures }) => figures.serviceLevel),
        series(0, (interval) => interval.analytic?.erlangC?.serviceLevel, "dashed"),
        series(0, (interval) => interval.analytic?.erlangA?.serviceLevel, "dotted"),
        series(1, ({ figures }) => figures.averageWait),
        series(1, (interval) => interval.analytic?.erlangC?.averageWait, "dashed"),
        series(1, (interval) => interval.analytic?.erlangA?.averageWait, "dotted"),
        series(2, ({ occupancy }) => occupancy),
        series(2, (interval) => interval.analytic?.erlangC?.occupancy, "dashed"),
        series(2, (interval) => interval.analytic?.erlangA?.occupancy, "dotted"),
      ];
    }),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
