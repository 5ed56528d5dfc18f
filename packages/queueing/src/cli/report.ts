import { stringify } from "csv-stringify/sync";
import { estimate } from "../simulator/replicate.js";
import type { Estimate } from "../simulator/replicate.js";
import type { IntervalResult, SimulationResult } from "../simulator/simulate.js";
import { clockText } from "../simulator/scenario.js";
import type { Variant } from "./run.js";

const percent = (value: number | undefined): string => (value === undefined ? "—" : `${(value * 100).toFixed(1)} %`);
const oneDigit = (value: number | undefined): string => (value === undefined ? "—" : value.toFixed(1));
const seconds = oneDigit;

/** The variants side by side: mean and half width of the 95 % confidence interval, the formulas below. */
export function comparison(variants: readonly Variant[]): string {
  const withRange = (of: Estimate | undefined, show: (value: number) => string): string => (of === undefined ? "—" : of.halfWidth === undefined ? show(of.mean) : `${show(of.mean)} ± ${show(of.halfWidth)}`);
  const rows: [string, (variant: Variant) => string][] = [
    ["agents, mean", ({ played }) => (played.runs[0]?.pools.reduce((sum, pool) => sum + pool.agents, 0) ?? 0).toFixed(1)],
    ["offered", ({ played }) => withRange(played.total.offered, (value) => value.toFixed(0))],
    ["answered", ({ played }) => withRange(played.total.answered, (value) => value.toFixed(0))],
    ["abandon rate", ({ played }) => withRange(played.total.abandonRate, percent)],
    ["service level", ({ played }) => withRange(played.total.serviceLevel, percent)],
    ["service level 2", ({ played }) => withRange(played.total.serviceLevel2, percent)],
    ["ASA, s", ({ played }) => withRange(played.total.asa, seconds)],
    ["wait of 95 %, s", ({ played }) => withRange(played.total.waitP95, seconds)],
    ["longest wait, s", ({ played }) => withRange(played.total.longestWait, seconds)],
    ["turned away", ({ played }) => withRange(played.total.turnedAway, (value) => value.toFixed(1))],
    // Seldom any: nobody is named only to say so.
    ...(variants.some(({ played }) => played.runs.some(({ leftInside }) => leftInside > 0)) ? [["never served", ({ played }) => withRange(estimate(played.runs.map(({ leftInside }) => leftInside)), oneDigit)] as [string, (variant: Variant) => string]] : []),
    ["callbacks", ({ played }) => withRange(played.total.callbacks, (value) => value.toFixed(1))],
    ["AHT, s", ({ played }) => withRange(played.total.aht, seconds)],
    ["occupancy", ({ played }) => withRange(played.occupancy, percent)],
  ];
  return table(["", ...variants.map(({ name }) => name)], rows.map(([name, cell]) => [name, ...variants.map(cell)]));
}

const POOL_HEAD = ["", "queues", "load", "agents", "SL", "C: SL", "A: SL", "wait", "C: wait", "A: wait", "lost", "A: lost", "occ.", "C: occ.", "A: occ."] as const;

/**
 * A line for each pool of each variant: means over the runs, and beside them what Erlang C and A (columns C: and A:) say of the
 * mean load and staff of the whole time. A formula that does not hold for every run, as Erlang C under overload, is left empty.
 */
export function poolTable(variants: readonly Variant[]): string {
  return table(
    POOL_HEAD,
    variants.flatMap(({ name, played: { runs } }) =>
      (runs[0]?.pools ?? []).map(({ queues }, index) => {
        type Pool = SimulationResult["pools"][number];
        const pools = runs.map((run) => run.pools[index] as Pool);
        const mean = (of: (pool: Pool) => number | undefined): number | undefined => estimate(pools.map(of))?.mean;
        const formula = (of: (analytic: NonNullable<Pool["analytic"]>) => number | undefined): number | undefined => {
          const values = pools.map(({ analytic }) => analytic && of(analytic));
          return values.includes(undefined) ? undefined : estimate(values)?.mean;
        };
        return [
          name,
          queues.join("+"),
          oneDigit(formula(({ load }) => load)),
          oneDigit(mean(({ agents }) => agents)),
          percent(mean(({ figures }) => figures.serviceLevel)),
          percent(formula(({ erlangC }) => erlangC?.serviceLevel)),
          percent(formula(({ erlangA }) => erlangA?.serviceLevel)),
          seconds(mean(({ figures }) => figures.averageWait)),
          seconds(formula(({ erlangC }) => erlangC?.averageWait)),
          seconds(formula(({ erlangA }) => erlangA?.averageWait)),
          percent(mean(({ figures }) => (figures.offered === 0 ? undefined : figures.abandoned / figures.offered))),
          percent(formula(({ erlangA }) => erlangA?.abandonRate)),
          percent(mean(({ occupancy }) => occupancy)),
          percent(formula(({ erlangC }) => erlangC?.occupancy)),
          percent(formula(({ erlangA }) => erlangA?.occupancy)),
        ];
      }),
    ),
  );
}

/** Service level, wait and staff over the day as bars, first run, one line each for every pool. */
export function sparklines({ played }: Variant): string {
  const run = played.runs[0];
  if (run === undefined) return "";
  return run.pools
    .map(({ queues }) => {
      const of = run.intervals.filter((interval) => interval.queues === queues);
      const line = (name: string, value: (interval: IntervalResult) => number | undefined, top?: number): string => {
        const values = of.map(value);
        const most = top ?? Math.max(1e-9, ...values.map((each) => each ?? 0));
        return `  ${name.padEnd(16)} ${values.map((each) => (each === undefined ? "·" : ("▁▂▃▄▅▆▇█"[Math.min(7, Math.floor((each / most) * 7.999))] as string))).join("")}  0 to ${top === 1 ? "100 %" : most.toFixed(0)}\n`;
      };
      const span = of.length === 0 ? "" : `, ${clockText(of[0]?.from ?? 0)} to ${clockText(of.at(-1)?.from ?? 0)}`;
      return `  ${queues.join(" + ")}${span}\n${line("calls", ({ figures }) => figures.offered)}${line("agents", ({ agents }) => agents)}${line("service level", ({ figures }) => figures.serviceLevel, 1)}${line("ASA, s", ({ figures }) => figures.asa)}${line("occupancy", ({ occupancy }) => occupancy, 1)}`;
    })
    .join("");
}

const HEAD = ["from", "queues", "calls", "agents", "SL", "C: SL", "A: SL", "wait", "C: wait", "A: wait", "lost", "A: lost", "occ.", "C: occ.", "A: occ."] as const;

/** A line for each interval, Erlang C and A (columns C: and A:) beside what was played. */
export function intervalTable({ played }: Variant): string {
  const run = played.runs[0];
  return table(
    HEAD,
    (run?.intervals ?? []).map(({ from, queues, figures, agents, occupancy, analytic }) => [
      clockText(from),
      queues.join("+"),
      String(figures.offered),
      agents.toFixed(1),
      percent(figures.serviceLevel),
      percent(analytic?.erlangC?.serviceLevel),
      percent(analytic?.erlangA?.serviceLevel),
      seconds(figures.averageWait),
      seconds(analytic?.erlangC?.averageWait),
      seconds(analytic?.erlangA?.averageWait),
      percent(figures.offered === 0 ? undefined : figures.abandoned / figures.offered),
      percent(analytic?.erlangA?.abandonRate),
      percent(occupancy),
      percent(analytic?.erlangC?.occupancy),
      percent(analytic?.erlangA?.occupancy),
    ]),
  );
}

/** Intervals of all variants; empty cells where nothing was counted. */
export function intervalCsv(variants: readonly Variant[]): string {
  const rows = variants.flatMap(({ name, played }) =>
    (played.runs[0]?.intervals ?? []).map(({ from, queues, figures, agents, occupancy, analytic }) => ({
      variant: name,
      from: clockText(from),
      queues: queues.join(" "),
      ...figures,
      agents,
      occupancy,
      load: analytic?.load,
      erlangC_serviceLevel: analytic?.erlangC?.serviceLevel,
      erlangC_averageWait: analytic?.erlangC?.averageWait,
      erlangC_occupancy: analytic?.erlangC?.occupancy,
      erlangA_serviceLevel: analytic?.erlangA?.serviceLevel,
      erlangA_averageWait: analytic?.erlangA?.averageWait,
      erlangA_abandonRate: analytic?.erlangA?.abandonRate,
      erlangA_occupancy: analytic?.erlangA?.occupancy,
    })),
  );
  const columns = Object.keys(rows[0] ?? {});
  return stringify(rows, { header: true, columns, record_delimiter: "\r\n", bom: true, escape_formulas: true, cast: { number: (value) => String(Number(value.toFixed(6))) } });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ").trimEnd();
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
