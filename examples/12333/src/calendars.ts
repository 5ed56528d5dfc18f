import type { CalendarData } from "@hotlinejs/core";
import calendar2026 from "../data/calendar-2026.json" with { type: "json" };
import organisation from "../data/organisation.json" with { type: "json" };

type Slot = readonly [string, string];

const exceptions = calendar2026.days.map((day) => ({ date: day.date, kind: day.kind === "holiday" ? ("holiday" as const) : ("workday" as const), name: day.name }));
const workingWeek = (slots: readonly Slot[]): CalendarData["week"] => ({ 1: slots, 2: slots, 3: slots, 4: slots, 5: slots });
const everyDay = (slots: readonly Slot[]): CalendarData["week"] => ({ ...workingWeek(slots), 6: slots, 7: slots });
const pairs = (slots: readonly (readonly string[])[]): readonly Slot[] => slots.map(([from = "", to = ""]) => [from, to]);

/** Profiles of staffing: round the clock (GB/T 33358 prefers it), or on working days only. */
export const staffings = ["always", "day"] as const;
export type Staffing = (typeof staffings)[number];

/** Office hours for due dates, the hours in which people answer the telephone, and those in which citizens may be called. */
export function calendars(staffing: Staffing): readonly CalendarData[] {
  const { office, hotline24, hotlineDay, quietForCitizens } = organisation.hours;
  // Open for calls to citizens when it is not quiet.
  const callable = pairs(quietForCitizens.slots).map(([quietFrom, quietTo]): Slot => [quietTo, quietFrom]);
  return [
    { key: "citizens", name: "可致电时间", week: everyDay(callable) },
    { key: "default", name: "办公时间", week: workingWeek(pairs(office.slots)), exceptions, knownUntil: 2026 },
    staffing === "always" ? { key: "hotline", name: "人工服务时间", week: everyDay(pairs(hotline24.slots)) } : { key: "hotline", name: "人工服务时间", week: workingWeek(pairs(hotlineDay.slots)), exceptions, knownUntil: 2026 },
  ];
}
