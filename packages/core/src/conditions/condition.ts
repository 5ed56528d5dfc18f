/** What a field can be compared with. */
export type ConditionScalar = string | number | boolean | null;

/**
 * A moment counted from now, for `datetime` and `date` fields. Evaluated when the condition is
 * compiled, in the hotline's zone; the parts are added in this order:
 * `startOf`, calendar `months` and `days`, then exact `hours` and `minutes`, then working time.
 *
 * - `workingMinutes: 120` - when 120 minutes of office time will have passed;
 *   `-120` - the latest moment since which 120 minutes of office time have passed.
 * - `workingDays: 3` - end of office hours of the third working day after (see addWorkingDays);
 *   `-3` - beginning of office hours of the third working day before today.
 */
export interface RelativeTime {
  readonly from: "now";
  readonly startOf?: "hour" | "day" | "week" | "month" | "year";
  readonly months?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly workingMinutes?: number;
  readonly workingDays?: number;
}

export type ConditionValue = ConditionScalar | RelativeTime;

export type Comparison =
  | { readonly field: string; readonly op: "eq" | "ne"; readonly value: ConditionValue }
  | { readonly field: string; readonly op: "in" | "nin"; readonly value: readonly ConditionValue[] }
  | { readonly field: string; readonly op: "gt" | "gte" | "lt" | "lte"; readonly value: ConditionValue }
  /** Both ends included. */
  | { readonly field: string; readonly op: "between"; readonly value: readonly [ConditionValue, ConditionValue] }
  | { readonly field: string; readonly op: "contains" | "startsWith"; readonly value: string }
  /** Whether there is a value; `false` turns it round. Default true. */
  | { readonly field: string; readonly op: "exists"; readonly value?: boolean };

/**
 * The one condition language: SLA rules, triggers, queues, campaigns, searches, reports, row-level
 * permission. Plain JSON. Every condition is either true or false, never unknown, as in JavaScript:
 *
 * - a missing value is `null`; `eq null` and `ne null` ask for it; `ne "x"` and `nin` are true of it;
 * - `gt gte lt lte between contains startsWith` are false of `null`, and `not` turns that into true;
 * - strings are compared exactly: case and width count. They have no order; dates have.
 *
 * An empty `and` is true, an empty `or` is false.
 */
export type Condition = { readonly and: readonly Condition[] } | { readonly or: readonly Condition[] } | { readonly not: Condition } | Comparison;

export type ConditionOperator = Comparison["op"];
