import { DateTime } from "luxon";
import type { BusinessCalendar } from "../contracts/time.js";
import type { ConditionScalar, ConditionValue, RelativeTime } from "./condition.js";
import { conditionErrors } from "./condition-errors.js";
import type { ConditionFieldType } from "./field-catalogue.js";

/** The moment a condition is looked at. */
export interface ConditionTime {
  /** Epoch ms. */
  readonly now: number;
  /** IANA zone of days, weeks and dates. Default: the calendar's, else UTC. */
  readonly timezone?: string;
  /** Needed where working time is counted. */
  readonly calendar?: BusinessCalendar;
}

/** The fixed value of what a condition says: epoch ms for `datetime`, `YYYY-MM-DD` for `date`. */
export function fixedValue(value: ConditionValue, type: ConditionFieldType, time: ConditionTime): ConditionScalar {
  if (typeof value !== "object" || value === null) return value;
  const at = relativeInstant(value, time);
  if (type !== "date") return at;
  return DateTime.fromMillis(at, { zone: zoneOf(time) }).toISODate() ?? "";
}

/** @throws HTL_CORE_CONDITION_NEEDS_CALENDAR, HTL_CORE_CONDITION_TIME_OUT_OF_RANGE */
export function relativeInstant(relative: RelativeTime, time: ConditionTime): number {
  let moment = DateTime.fromMillis(time.now, { zone: zoneOf(time) });
  if (relative.startOf !== undefined) moment = moment.startOf(relative.startOf);
  moment = moment.plus({ months: relative.months ?? 0, days: relative.days ?? 0 }).plus({ hours: relative.hours ?? 0, minutes: relative.minutes ?? 0 });
  if (!moment.isValid || moment.year < 1 || moment.year > 9999) throw conditionErrors.CONDITION_TIME_OUT_OF_RANGE(JSON.stringify(relative));
  let at = moment.toMillis();
  const { workingMinutes = 0, workingDays = 0 } = relative;
  if (workingMinutes === 0 && workingDays === 0) return at;
  const { calendar } = time;
  if (calendar === undefined) throw conditionErrors.CONDITION_NEEDS_CALENDAR();
  if (workingMinutes > 0) at = calendar.addWorkingMinutes(at, workingMinutes);
  if (workingMinutes < 0) at = beforeWorkingMinutes(calendar, at, -workingMinutes);
  if (workingDays > 0) at = calendar.addWorkingDays(at, workingDays).due;
  if (workingDays < 0) at = beforeWorkingDays(calendar, at, -workingDays);
  return at;
}

function zoneOf(time: ConditionTime): string {
  return time.timezone ?? time.calendar?.timezone ?? "utc";
}

/** How far back office hours are looked for. */
const HORIZON_DAYS = 3_660;

/** The latest instant since which so many minutes of office time have passed. */
function beforeWorkingMinutes(calendar: BusinessCalendar, from: number, minutes: number): number {
  let left = minutes * 60_000;
  let empty = 0;
  for (let date = calendar.dateOf(from); empty < HORIZON_DAYS; date = previousDate(date)) {
    const slots = calendar.slots(date);
    empty = slots.length === 0 ? empty + 1 : 0;
    for (let i = slots.length - 1; i >= 0; i--) {
      const slot = slots[i];
      if (slot === undefined) continue;
      const end = Math.min(slot.to, from);
      const length = end - slot.from;
      if (length <= 0) continue;
      if (left <= length) return end - left;
      left -= length;
    }
  }
  throw conditionErrors.CONDITION_TIME_OUT_OF_RANGE(`${minutes} working minutes back`);
}

function beforeWorkingDays(calendar: BusinessCalendar, from: number, days: number): number {
  let left = days;
  let empty = 0;
  for (let date = previousDate(calendar.dateOf(from)); empty < HORIZON_DAYS; date = previousDate(date)) {
    const first = calendar.slots(date)[0];
    empty = first === undefined ? empty + 1 : 0;
    if (first === undefined) continue;
    left -= 1;
    if (left === 0) return first.from;
  }
  throw conditionErrors.CONDITION_TIME_OUT_OF_RANGE(`${days} working days back`);
}

function previousDate(date: string): string {
  return new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10)) - 1)).toISOString().slice(0, 10);
}
