import { DateTime, IANAZone } from "luxon";
import type { BusinessCalendar, CalendarData, CalendarDay } from "../contracts/time.js";
import { defineErrors } from "../errors/define-errors.js";

export const calendarErrors = defineErrors("CORE", {
  CALENDAR_INVALID: { message: "The calendar %s is not usable: %s" },
  CALENDAR_NO_HOURS: { message: "The calendar %s has no office hours within %s years of %s" },
});

type SlotText = readonly [string, string];
interface Slot {
  readonly from: number;
  readonly to: number;
}
/** Minutes from the beginning of the day. */
interface DaySlot {
  readonly from: number;
  readonly to: number;
}

/** Dates whose slots are kept ready; a report over ten years fits. */
const CACHED_DATES = 4_000;
/** How far ahead office hours are looked for. */
const HORIZON_YEARS = 10;
const OPENING_HORIZON_DAYS = 366;

/**
 * A calendar from its data. Wrong data (unknown zone, overlapping or reversed slots, a date that
 * does not exist) is refused at once with `HTL_CORE_CALENDAR_INVALID`.
 *
 * Slots are wall-clock times of the zone: on a day the clocks change a slot may be an hour longer or
 * shorter, and working minutes count what really passed. A time that a change leaves out is taken as
 * the first instant after it.
 */
export function createBusinessCalendar(data: CalendarData, timezone: string): BusinessCalendar {
  return new LuxonCalendar(data, timezone);
}

class LuxonCalendar implements BusinessCalendar {
  readonly name: string | null;
  readonly timezone: string;
  readonly #key: string;
  readonly #week: ReadonlyMap<number, readonly DaySlot[]>;
  readonly #exceptions: ReadonlyMap<string, readonly DaySlot[]>;
  readonly #names = new Map<string, string | null>();
  readonly #knownUntil: number | undefined;
  readonly #slots = new Map<string, readonly Slot[]>();
  /** The day last asked for: most questions are about now. */
  #hour: { readonly quarter: number; readonly hour: number } | undefined;
  #day: { date: string; from: number; to: number } | undefined;

  constructor(data: CalendarData, timezone: string) {
    if (!IANAZone.isValidZone(timezone)) throw calendarErrors.CALENDAR_INVALID(data.key, `unknown time zone ${timezone}`);
    this.name = data.name ?? null;
    this.timezone = timezone;
    this.#key = data.key;
    this.#knownUntil = data.knownUntil;
    const week = new Map<number, readonly DaySlot[]>();
    for (const [weekday, slots] of Object.entries(data.week)) {
      const number = Number(weekday);
      if (!Number.isInteger(number) || number < 1 || number > 7) throw calendarErrors.CALENDAR_INVALID(data.key, `weekday ${weekday} is not 1 (Monday) to 7 (Sunday)`);
      if (slots !== undefined) week.set(number, parseSlots(data.key, `week.${weekday}`, slots));
    }
    this.#week = week;
    // What a make-up day is like: Monday, or the first day of the week that has hours.
    const usual = [1, 2, 3, 4, 5, 6, 7].map((weekday) => week.get(weekday) ?? []).find((slots) => slots.length > 0) ?? [];
    const exceptions = new Map<string, readonly DaySlot[]>();
    for (const [index, exception] of (data.exceptions ?? []).entries()) {
      const path = `exceptions.${index}`;
      if (!/^\d{4}-\d{2}-\d{2}$/.test(exception.date) || !DateTime.fromISO(exception.date, { zone: "utc" }).isValid) throw calendarErrors.CALENDAR_INVALID(data.key, `${path}.date ${exception.date} is no date`);
      this.#names.set(exception.date, exception.name ?? null);
      if (exceptions.has(exception.date)) throw calendarErrors.CALENDAR_INVALID(data.key, `${exception.date} is given twice`);
      if (exception.kind === "holiday") {
        if (exception.slots !== undefined && exception.slots.length > 0) throw calendarErrors.CALENDAR_INVALID(data.key, `${path}: a holiday has no slots; shorter hours are a workday with slots`);
        exceptions.set(exception.date, []);
      } else {
        const slots = exception.slots === undefined ? usual : parseSlots(data.key, `${path}.slots`, exception.slots);
        if (slots.length === 0) throw calendarErrors.CALENDAR_INVALID(data.key, `${path}: a workday needs slots`);
        exceptions.set(exception.date, slots);
      }
    }
    this.#exceptions = exceptions;
  }

  dateOf(at: number): string {
    return this.#dayOf(at).date;
  }

  hourOf(at: number): number {
    // Asked at every call; offsets change on quarter hours at the finest.
    const quarter = Math.floor(at / 900_000);
    if (this.#hour?.quarter !== quarter) this.#hour = { quarter, hour: DateTime.fromMillis(at, { zone: this.timezone }).hour };
    return this.#hour.hour;
  }

  isWorkday(date: string): boolean {
    return this.#daySlots(date).length > 0;
  }

  day(date: string): CalendarDay {
    const workday = this.isWorkday(date);
    const exception = this.#exceptions.has(date) ? (workday ? "workday" : "holiday") : null;
    return { workday, exception, name: this.#names.get(date) ?? null, known: this.#knownUntil === undefined || Number(date.slice(0, 4)) <= this.#knownUntil };
  }

  slots(date: string): readonly Slot[] {
    const known = this.#slots.get(date);
    if (known !== undefined) return known;
    const day = DateTime.fromISO(date, { zone: this.timezone });
    if (!day.isValid) throw calendarErrors.CALENDAR_INVALID(this.#key, `${date} is no date`);
    const made = this.#daySlots(date)
      .map((slot) => ({ from: this.#instant(day, slot.from), to: this.#instant(day, slot.to) }))
      // A slot that a change of the clocks leaves out altogether.
      .filter((slot) => slot.to > slot.from);
    if (this.#slots.size >= CACHED_DATES) this.#slots.clear();
    this.#slots.set(date, made);
    return made;
  }

  isOpen(at: number): boolean {
    return this.slots(this.dateOf(at)).some((slot) => slot.from <= at && at < slot.to);
  }

  addWorkingMinutes(from: number, minutes: number): number {
    if (!(Number.isFinite(minutes) && minutes >= 0)) throw new RangeError("minutes must be a finite number, 0 or more");
    let left = minutes * 60_000;
    if (left === 0) return from;
    for (const slot of this.#slotsFrom(from)) {
      const start = Math.max(slot.from, from);
      const length = slot.to - start;
      if (length <= 0) continue;
      if (left <= length) return start + left;
      left -= length;
    }
    throw this.#noHours(from);
  }

  workingMinutesBetween(from: number, to: number): number {
    if (!(to > from)) return 0;
    let sum = 0;
    for (let date = this.dateOf(from); ; date = nextDate(date)) {
      let past = false;
      for (const slot of this.slots(date)) sum += Math.max(0, Math.min(slot.to, to) - Math.max(slot.from, from));
      past = this.#startOf(nextDate(date)) >= to;
      if (past) return sum / 60_000;
    }
  }

  addWorkingDays(from: number, days: number): { due: number; provisional: boolean } {
    if (!(Number.isInteger(days) && days >= 0)) throw new RangeError("days must be a whole number, 0 or more");
    const first = this.dateOf(from);
    const last = Number(first.slice(0, 4)) + HORIZON_YEARS + Math.ceil(days / 50);
    let date = first;
    let counted = -1;
    for (;;) {
      const end = this.slots(date).at(-1)?.to;
      // Day 0 is the first working day not yet over when it came in.
      if (end !== undefined && (counted >= 0 || end >= from)) counted += 1;
      if (end !== undefined && counted === days) {
        return { due: end, provisional: this.#knownUntil !== undefined && Number(date.slice(0, 4)) > this.#knownUntil };
      }
      date = nextDate(date);
      if (Number(date.slice(0, 4)) > last) throw this.#noHours(from);
    }
  }

  nextOpening(at: number): number | undefined {
    let date = this.dateOf(at);
    for (let i = 0; i <= OPENING_HORIZON_DAYS; i++) {
      for (const slot of this.slots(date)) if (slot.to > at) return Math.max(slot.from, at);
      date = nextDate(date);
    }
    return undefined;
  }

  #daySlots(date: string): readonly DaySlot[] {
    const exception = this.#exceptions.get(date);
    if (exception !== undefined) return exception;
    const weekday = DateTime.fromISO(date, { zone: "utc" });
    if (!weekday.isValid) throw calendarErrors.CALENDAR_INVALID(this.#key, `${date} is no date`);
    return this.#week.get(weekday.weekday) ?? [];
  }

  #dayOf(at: number): { date: string; from: number; to: number } {
    const known = this.#day;
    if (known !== undefined && at >= known.from && at < known.to) return known;
    const moment = DateTime.fromMillis(at, { zone: this.timezone });
    if (!moment.isValid) throw new RangeError(`${at} is no instant`);
    const date = moment.toISODate();
    const day = { date, from: this.#startOf(date), to: this.#startOf(nextDate(date)) };
    // A date a zone left out (Samoa, 2011-12-30) has no length of its own.
    if (at >= day.from && at < day.to) this.#day = day;
    return day;
  }

  #startOf(date: string): number {
    return DateTime.fromISO(date, { zone: this.timezone }).startOf("day").toMillis();
  }

  #instant(day: DateTime, minute: number): number {
    if (minute === 24 * 60) return this.#startOf(nextDate(day.toISODate() ?? ""));
    if (minute === 0) return day.startOf("day").toMillis();
    const wanted = day.set({ hour: Math.floor(minute / 60), minute: minute % 60, second: 0, millisecond: 0 });
    // luxon moves a time that does not exist on by the length of the gap; the first instant after the gap is meant.
    if (wanted.hour * 60 + wanted.minute !== minute) {
      const gap = wanted.hour * 60 + wanted.minute - minute;
      return wanted.minus({ minutes: minuteInGap(wanted, gap) }).toMillis();
    }
    return wanted.toMillis();
  }

  *#slotsFrom(from: number): Generator<Slot> {
    let date = this.dateOf(from);
    const last = Number(date.slice(0, 4)) + HORIZON_YEARS;
    let found = false;
    // As long as there are hours at all, any number of minutes has an end.
    for (let year = last; found || Number(date.slice(0, 4)) <= year; date = nextDate(date)) {
      for (const slot of this.slots(date)) {
        found = true;
        year = Number(date.slice(0, 4)) + HORIZON_YEARS;
        yield slot;
      }
      if (Number(date.slice(0, 4)) > year) return;
    }
  }

  #noHours(from: number): Error {
    return calendarErrors.CALENDAR_NO_HOURS(this.#key, HORIZON_YEARS, this.dateOf(from));
  }
}

/** How far into the moved hour a time stands that does not exist: 02:20 shown as 03:20 is 20 minutes past the change. */
function minuteInGap(moved: DateTime, gap: number): number {
  for (let back = 0; back <= gap; back++) {
    const earlier = moved.minus({ minutes: back + 1 });
    if (earlier.offset !== moved.offset) return back;
  }
  return 0;
}

function parseSlots(key: string, path: string, slots: readonly SlotText[]): readonly DaySlot[] {
  const parsed = slots.map(([from, to], index) => {
    const slot = { from: minuteOf(from), to: minuteOf(to) };
    if (slot.from === undefined || slot.to === undefined || slot.from >= 24 * 60) throw calendarErrors.CALENDAR_INVALID(key, `${path}.${index} must be two times like "09:00", "12:00"`);
    if (slot.from >= slot.to) throw calendarErrors.CALENDAR_INVALID(key, `${path}.${index} ends before it begins; hours past midnight are two slots on two days`);
    return { from: slot.from, to: slot.to };
  });
  parsed.sort((a, b) => a.from - b.from);
  for (let i = 1; i < parsed.length; i++) {
    if ((parsed[i] as DaySlot).from < (parsed[i - 1] as DaySlot).to) throw calendarErrors.CALENDAR_INVALID(key, `${path}: slots overlap`);
  }
  return parsed;
}

function minuteOf(text: string): number | undefined {
  const match = /^(\d{2}):(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const minute = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minute <= 24 * 60 ? minute : undefined;
}

/** Calendar arithmetic on dates alone. */
function nextDate(date: string): string {
  const next = new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10)) + 1));
  return next.toISOString().slice(0, 10);
}
