import { z } from "zod";
import type { Condition } from "@hotlinejs/core";
import type { ReportDefinition } from "./contract.js";

const id = z.string().regex(/^[a-z][a-z0-9-]*$/, "lower-case letters, digits, hyphens");
/** @like MeasureBase */
const measure = {
  /** Unique within the report. */
  id: z.string().regex(/^[a-z][a-zA-Z0-9]*$/, "a name like answeredCalls"),
  /** Shown to people. */
  label: z.string().min(1),
  /** The same in English. */
  labelEn: z.string().min(1),
  unit: z.string().min(1),
  decimals: z.int().min(0).max(3).optional(),
  scale: z.number().positive().optional(),
  better: z.enum(["up", "down"]).optional(),
  target: z.number().optional(),
  hidden: z.boolean().optional(),
};
/** @like CountedMeasure */
const counted = z.strictObject({
  ...measure,
  /** Name of the dataset. */
  dataset: z.string().min(1),
  /** What is done with the rows; an `average` of several rows is computed anew, never an average of averages. */
  aggregate: z.enum(["count", "sum", "average"]),
  field: z.string().min(1).optional(),
  /** Checked against the dataset's fields when the hotline starts. */
  where: z.custom<Condition>().optional(),
  date: z.string().min(1).optional(),
});
const terms = { /** Ids of measures that are added. */ plus: z.array(z.string()).min(1), /** Ids of measures that are taken away. */ minus: z.array(z.string()).optional() };
/** @like DerivedMeasure */
const derived = z.strictObject({ ...measure, ...terms, over: z.strictObject(terms).optional() });
/** @like Dimension */
const dimension = z.strictObject({
  id: z.string().regex(/^[a-z][a-zA-Z0-9]*$/),
  /** Shown to people. */
  label: z.string().min(1),
  /** The same in English. */
  labelEn: z.string().min(1),
  fields: z.record(z.string(), z.string()),
  none: z.string().min(1),
  labels: z.record(z.string(), z.string()).optional(),
});
const unit = z.enum(["day", "week", "month", "quarter", "year"]);

/** @like ReportDefinition */
const report = z.strictObject({
  id,
  /** Shown to people. */
  title: z.string().min(1),
  /** The same in English. */
  titleEn: z.string().min(1),
  permission: z.string().min(1).optional(),
  /** What each row is: a span of time, an hour of the day, a value of a dimension, both, or a figure. */
  rows: z.discriminatedUnion("kind", [
    z.strictObject({ /** See `rows`. */ kind: z.literal("period") }),
    z.strictObject({ kind: z.literal("hour") }),
    z.strictObject({ kind: z.literal("dimension"), /** What rows are told apart by. */ dimension, /** Id of the count whose part of the total (占比) is shown too. */ share: z.string().optional() }),
    z.strictObject({ kind: z.literal("crosstab"), dimension }),
    z.strictObject({ kind: z.literal("measure") }),
  ]),
  /** Figures in columns: counted in a dataset, or computed from other figures. */
  measures: z.array(z.union([counted, derived])).min(1).max(60),
  basis: z.array(z.string()).default([]),
  period: unit,
  figures: z.array(z.string()).max(5).optional(),
  /** By what readers may narrow the report. */
  filters: z.array(dimension).optional(),
  /** Drawn above the table. */
  chart: z.strictObject({ /** Of the chart. */ kind: z.enum(["line", "bar", "pie"]), /** Ids of measures of one unit, at most 4; of a comparison the first. */ series: z.array(z.string()).min(1).max(4), /** Ids of measures that are the parts of a pie, where the rows are not. */ shares: z.array(z.string()).optional() }).optional(),
});

export const reportsConfig = z.strictObject({
  /** Reports besides the built-in ones; one of the same id takes the place of a built-in one. */
  reports: z.array(report.transform((value) => value as ReportDefinition)).default([]),
  /** Callers who give up within so many seconds of queueing count neither as asked for an agent nor as abandoned (短时放弃). */
  shortAbandonSeconds: z.int().min(0).max(60).default(5),
  /** Calls answered within so many seconds of queueing are in time (15 秒接听率). */
  answerWithinSeconds: z.int().min(1).max(600).default(15),
  /** 接通率 at least, per cent (GB/T 33358: 95 over 24 hours in a row); `null`: no target. */
  answerRateTarget: z.number().min(0).max(100).nullable().default(95),
  /** Calendar whose zone the days are of. */
  calendar: z.string().min(1).default("default"),
  /** Most groups one figure is counted in: days times agents, for example. */
  rowLimit: z.int().min(100).max(1_000_000).default(50_000),
  /** Longest time one question to the database may take. */
  timeoutSeconds: z.number().min(0.05).max(600).default(20),
  /** Questions to the database at once: the connections for reading are shared with everybody. */
  concurrency: z.int().min(1).max(8).default(2),
});

export type ReportsConfig = z.output<typeof reportsConfig>;
