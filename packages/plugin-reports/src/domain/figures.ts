import type { CountedMeasure, DerivedMeasure, Measure } from "../contract.js";
import { errors } from "../errors.js";

/** Sums that a figure is made of; those of several rows are added up before anything is divided. */
export type Sums = readonly number[];

/** How a figure comes out of the sums: terms added over terms added. */
export interface Formula {
  readonly measure: Measure;
  readonly over: readonly Term[] | undefined;
  readonly top: readonly Term[];
}

interface Term {
  /** Index among the sums. */
  readonly sum: number;
  readonly sign: 1 | -1;
}

/** One sum the database is asked for. */
export interface SumPart {
  readonly measure: CountedMeasure;
  /** `rows`: how many; `field`: the sum of its field. */
  readonly of: "rows" | "field";
}

export interface Plan {
  readonly parts: readonly SumPart[];
  /** Of the measures that are shown, in order. */
  readonly formulas: readonly Formula[];
}

export function isCounted(measure: Measure): measure is CountedMeasure {
  return "dataset" in measure;
}

/**
 * What to ask for and how to compute. Measures that lean on one that cannot be had here are left out.
 *
 * @param available whether the rows of a counted measure can be had
 * @throws HTL_REPORTS_BAD_DEFINITION for names that are double or unknown, and for formulas of formulas
 */
export function planFigures(report: string, measures: readonly Measure[], available: (measure: CountedMeasure) => boolean): Plan {
  const byId = new Map<string, Measure>();
  for (const measure of measures) {
    if (byId.has(measure.id)) throw errors.BAD_DEFINITION(report, `two figures are called ${measure.id}`);
    byId.set(measure.id, measure);
  }
  const parts: SumPart[] = [];
  const places = new Map<string, number>();
  const place = (measure: CountedMeasure, of: SumPart["of"]): number => {
    const key = `${measure.id} ${of}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, parts.length);
    return parts.push({ measure, of }) - 1;
  };
  const simple = (id: string): CountedMeasure => {
    const measure = byId.get(id);
    if (measure === undefined || !isCounted(measure) || measure.aggregate === "average") throw errors.BAD_DEFINITION(report, `a formula names ${id}, which is no count or sum of it`);
    return measure;
  };
  const terms = (ids: readonly string[] = [], sign: 1 | -1): Term[] => ids.map((id) => ({ sum: place(simple(id), simple(id).aggregate === "count" ? "rows" : "field"), sign }));
  const needs = (measure: DerivedMeasure): readonly CountedMeasure[] => [...measure.plus, ...(measure.minus ?? []), ...(measure.over?.plus ?? []), ...(measure.over?.minus ?? [])].map(simple);

  const formulas: Formula[] = [];
  for (const measure of measures) {
    if (isCounted(measure)) {
      if ((measure.aggregate === "count") !== (measure.field === undefined)) throw errors.BAD_DEFINITION(report, `${measure.id}: sums and averages have a field, counts have none`);
      if (measure.hidden === true || !available(measure)) continue;
      const top: Term[] = [{ sum: place(measure, measure.aggregate === "count" ? "rows" : "field"), sign: 1 }];
      formulas.push({ measure, top, over: measure.aggregate === "average" ? [{ sum: place(measure, "rows"), sign: 1 }] : undefined });
      continue;
    }
    if (!needs(measure).every(available) || measure.hidden === true) continue;
    formulas.push({ measure, top: [...terms(measure.plus, 1), ...terms(measure.minus, -1)], over: measure.over === undefined ? undefined : [...terms(measure.over.plus, 1), ...terms(measure.over.minus, -1)] });
  }
  return { parts, formulas };
}

/** The figure; `null` when there is nothing to divide by. */
export function figure({ measure, top, over }: Formula, sums: Sums): number | null {
  const add = (terms: readonly Term[]): number => terms.reduce((total, { sum, sign }) => total + sign * (sums[sum] ?? 0), 0);
  const scaled = add(top) * (measure.scale ?? 1);
  if (over === undefined) return scaled;
  const below = add(over);
  return below === 0 ? null : scaled / below;
}

/** Rates are compared in percentage points. */
export function isRate(measure: Measure): boolean {
  return measure.unit === "%";
}

export function addSums(into: number[], sums: Sums): void {
  for (const [index, value] of sums.entries()) into[index] = (into[index] ?? 0) + value;
}
