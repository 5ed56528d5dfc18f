import type { BusinessCalendar, CalendarData, Calendars } from "../contracts/time.js";
import { coreErrors } from "../errors/core-errors.js";
import { createBusinessCalendar } from "./business-calendar.js";

/** The calendars of a hotline; `default` must be among the data. */
export function createCalendars(data: readonly CalendarData[], timezone: string): Calendars {
  const calendars = new Map<string, BusinessCalendar>(data.map((each) => [each.key, createBusinessCalendar(each, timezone)]));
  return {
    get: (key) => {
      const calendar = calendars.get(key);
      if (calendar === undefined) throw coreErrors.CALENDAR_UNKNOWN(key, [...calendars.keys()].join(", "));
      return calendar;
    },
    has: (key) => calendars.has(key),
    keys: () => [...calendars.keys()],
  };
}
