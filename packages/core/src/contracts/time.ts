import { token } from "../di/token.js";

/** A running timer. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time in a hotline. Tests replace it by a virtual one, so nothing outside
 * `core/time` and the media workers may use `Date.now`, `setTimeout` or `setInterval`.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970-01-01T00:00Z. */
  now(): number;
  /** Milliseconds that never jump, for measuring spans. */
  monotonic(): number;
  /** Runs `fn` once after `ms` milliseconds (0 or more). A throw in `fn` is an uncaught exception, as with setTimeout. */
  setTimeout(fn: () => void, ms: number): Timer;
  /** Runs `fn` every `ms` milliseconds (1 or more). */
  setInterval(fn: () => void, ms: number): Timer;
  /** Resolves after `ms`, rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Makes identifiers: UUIDv7 (RFC 9562 section 5.7), ordered by the hotline's clock. */
export interface Ids {
  next(): string;
}

/**
 * Counts work in flight that waits for the outside world (units of work, reads, jobs, workers), so
 * that virtual time only moves on when it has settled. Do not count what itself waits for the clock.
 */
export interface Activity {
  /** Counts the promise until it settles and returns it unchanged. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
  readonly inFlight: number;
}

export const CLOCK = token<Clock>("core.clock");
export const IDS = token<Ids>("core.ids");
export const ACTIVITY = token<Activity>("core.activity");

/** One date of a calendar. */
export interface CalendarDay {
  readonly workday: boolean;
  /** Set when the date differs from its weekday: a holiday, or a make-up workday. */
  readonly exception: "holiday" | "workday" | null;
  /** Name of the exception, for example of the holiday. */
  readonly name: string | null;
  /** False in years whose exceptions are not known yet. */
  readonly known: boolean;
}

/** Opening hours and working days in the hotline's time zone. */
export interface BusinessCalendar {
  /** By which people know it; `null`: by its key only. */
  readonly name: string | null;
  /** IANA name, for example `Asia/Shanghai`. */
  readonly timezone: string;
  /** Calendar date `YYYY-MM-DD` of an instant in the hotline's time zone. */
  dateOf(at: number): string;
  /** Hour 0-23 of an instant in the hotline's time zone. */
  hourOf(at: number): number;
  /** Whether the date is a working day (holidays and make-up days applied). */
  isWorkday(date: string): boolean;
  /** What a date is and why, for explanations. */
  day(date: string): CalendarDay;
  /** The office slots of a date, empty on rest days. Times in epoch ms. */
  slots(date: string): readonly { from: number; to: number }[];
  /** Whether the office is open at this instant. */
  isOpen(at: number): boolean;
  /** The instant at which `minutes` of working time have passed since `from`. */
  addWorkingMinutes(from: number, minutes: number): number;
  /** Working minutes between two instants (0 when `to` is not after `from`). */
  workingMinutesBetween(from: number, to: number): number;
  /**
   * End of office hours on the N-th working day after `from`. The working day of receipt is day 0;
   * what comes after closing or on a rest day counts as received on the next working day.
   */
  addWorkingDays(from: number, days: number): { due: number; provisional: boolean };
  /** The first instant at or after `at` at which the office is open, or `undefined` within a year. */
  nextOpening(at: number): number | undefined;
}

/** One calendar as data: weekly slots plus exceptions by date. */
export interface CalendarData {
  readonly key: string;
  /** By which people know it, for example `办公时间`. */
  readonly name?: string;
  /** Per ISO weekday (1 Monday ... 7 Sunday) the slots as `["09:00", "12:00"]`; `24:00` is allowed as an end. */
  readonly week: Readonly<Partial<Record<1 | 2 | 3 | 4 | 5 | 6 | 7, readonly (readonly [string, string])[]>>>;
  /** Dates that differ: a holiday (no slots) or a make-up workday (slots of Monday unless given). */
  readonly exceptions?: readonly {
    readonly date: string;
    readonly kind: "holiday" | "workday";
    readonly name?: string;
    readonly slots?: readonly (readonly [string, string])[];
  }[];
  /** Last year for which the exceptions are known; later results are marked provisional. */
  readonly knownUntil?: number;
}

/** The calendars of a hotline by key. `default` always exists (round the clock unless configured). */
export interface Calendars {
  get(key: string): BusinessCalendar;
  has(key: string): boolean;
  keys(): readonly string[];
}

export const CALENDARS = token<Calendars>("core.calendars");
