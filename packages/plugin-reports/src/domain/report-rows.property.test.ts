import fc from "fast-check";
import { expect, it } from "vitest";
import type { Measure, ReportDefinition, ReportResult } from "../contract.js";
import { addDays } from "./calendar-date.js";
import { planFigures } from "./figures.js";
import { reportTable, reportTimes } from "./report-rows.js";
import { Tally } from "./tally.js";

const measures: readonly Measure[] = [
  { id: "count", label: "件数", labelEn: "Count", unit: "件", dataset: "a.b", aggregate: "count" },
  { id: "mean", label: "平均", labelEn: "Mean", unit: "秒", decimals: 3, dataset: "a.b", aggregate: "average", field: "size" },
  { id: "part", label: "率", labelEn: "Rate", unit: "%", decimals: 3, scale: 100, plus: ["half"], over: { plus: ["count"] } },
  { id: "half", label: "半", labelEn: "Half", unit: "件", dataset: "a.b", aggregate: "count", where: { field: "x", op: "exists" } },
];
const definition: ReportDefinition = { id: "x", title: "表", titleEn: "T", rows: { kind: "crosstab", dimension: { id: "agent", label: "工号", labelEn: "Agent", fields: {}, none: "无" } }, period: "day", measures, basis: [] };

const facts = fc.array(fc.record({ day: fc.integer({ min: 0, max: 40 }), agent: fc.constantFrom("1601", "1602", "99", null), size: fc.option(fc.integer({ min: 0, max: 1000 })), half: fc.boolean() }), { maxLength: 80 });

/** Subtotals of dates, of agents, and the total say the same; rates and means of totals come from the sums. */
it("a crosstab adds up both ways, whatever is in it", () => {
  fc.assert(
    fc.property(facts, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), fc.constantFrom("day" as const, "week" as const, "month" as const), (all, begin, length, period) => {
      const plan = planFigures("x", measures, () => true);
      const tally = new Tally(plan.parts.length);
      const at = (day: number): string => addDays("2026-01-20", day);
      for (const fact of all) {
        tally.add({
          date: at(fact.day),
          member: fact.agent,
          sums: new Map(plan.parts.map(({ measure, of }, index) => [index, measure.id === "half" ? Number(fact.half) : measure.id === "count" ? 1 : fact.size === null ? 0 : of === "rows" ? 1 : fact.size])),
        });
      }
      const span = { from: at(begin), to: at(begin + length) };
      const { rows } = reportTable({ definition, plan, times: reportTimes(span, period, "2026-12-31"), tally, compare: undefined, nameOf: (member) => member ?? "无" }) as Pick<ReportResult, "rows">;
      const inside = all.filter(({ day }) => day >= begin && day <= begin + length);
      const sum = (which: (row: (typeof rows)[number]) => boolean, column: number): number => rows.filter(which).reduce((total, row) => total + (row.cells[column]?.value ?? 0), 0);
      for (const [column, expected] of [[0, inside.length], [3, inside.filter(({ half }) => half).length]] as const) {
        expect(sum(({ kind }) => kind === "row", column)).toBe(expected);
        expect(sum(({ kind, key }) => kind === "subtotal" && key.endsWith("/"), column)).toBe(expected);
        expect(sum(({ kind, key }) => kind === "subtotal" && key.startsWith("/"), column)).toBe(expected);
        expect(sum(({ kind }) => kind === "total", column)).toBe(expected);
      }
      const total = rows.at(-1);
      const sizes = inside.flatMap(({ size }) => (size === null ? [] : [size]));
      const mean = sizes.length === 0 ? null : sizes.reduce((a, b) => a + b, 0) / sizes.length;
      if (mean === null) expect(total?.cells[1]?.value).toBeNull();
      else expect(Math.abs((total?.cells[1]?.value ?? NaN) - mean)).toBeLessThanOrEqual(0.000_51);
      if (inside.length === 0) expect(total?.cells[2]).toEqual({ value: null, text: "—" });
      else expect(Math.abs((total?.cells[2]?.value ?? NaN) - (inside.filter(({ half }) => half).length / inside.length) * 100)).toBeLessThanOrEqual(0.000_51);
      for (const row of rows.filter(({ kind }) => kind === "row")) expect(row.cells.some(({ value }) => value !== null && value > 0)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
