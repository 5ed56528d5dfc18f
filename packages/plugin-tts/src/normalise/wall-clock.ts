/** Date and time as a clock on the wall shows them. Fields that the value does not carry are absent. */
export interface WallClock {
  readonly year?: number;
  readonly month?: number;
  readonly day?: number;
  readonly hour?: number;
  readonly minute?: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * Reads a moment: a `Date` or epoch milliseconds (told in the hotline's time zone), an ISO string with
 * offset (the same), an ISO string without (taken as it stands), `2026-10-15`, or `10:30`.
 * `undefined` when it is none of these.
 */
export function wallClock(value: unknown, timezone: string): WallClock | undefined {
  if (value instanceof Date) return fromEpoch(value.getTime(), timezone);
  if (typeof value === "number") return fromEpoch(value, timezone);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  const time = /^(\d{1,2}):(\d{2})(?::\d{2})?$/.exec(text);
  if (time) return checked({ hour: Number(time[1]), minute: Number(time[2]) });
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (!iso) return undefined;
  if (iso[6] !== undefined) return fromEpoch(Date.parse(text.replace(" ", "T")), timezone);
  const date = { year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]) };
  return checked(iso[4] === undefined ? date : { ...date, hour: Number(iso[4]), minute: Number(iso[5]) });
}

function fromEpoch(at: number, timezone: string): WallClock | undefined {
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return undefined;
  let formatter = formatters.get(timezone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-US-u-ca-gregory-hc-h23", {
      timeZone: timezone,
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    formatters.set(timezone, formatter);
  }
  const parts: Record<string, number> = {};
  for (const part of formatter.formatToParts(at)) parts[part.type] = Number(part.value);
  return { year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute };
}

function checked(clock: WallClock): WallClock | undefined {
  const { month, day, hour, minute } = clock;
  if (month !== undefined && (month < 1 || month > 12)) return undefined;
  if (day !== undefined && (day < 1 || day > 31)) return undefined;
  if (hour !== undefined && hour > 24) return undefined;
  if (minute !== undefined && minute > 59) return undefined;
  return clock;
}
