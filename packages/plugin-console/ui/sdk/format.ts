import { sessionStore } from "./session.js";
import type { Language } from "./texts.js";

const two = (value: number): string => String(value).padStart(2, "0");

/** `03:52`, `1:03:52`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly time: string;
  readonly seconds: string;
}

let zone: Intl.DateTimeFormat | undefined;
let zoneName: string | undefined;

/** Date and time of day in the hotline's zone. */
function partsOf(at: number): Parts {
  const wanted = sessionStore.get()?.timezone;
  if (zone === undefined || wanted !== zoneName) {
    zoneName = wanted;
    zone = new Intl.DateTimeFormat("en-GB", { ...(wanted === undefined ? {} : { timeZone: wanted }), year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  }
  const found = Object.fromEntries(zone.formatToParts(at).map(({ type, value }) => [type, value]));
  const [hour = "00", minute = "00", seconds = "00"] = [found.hour, found.minute, found.second];
  return { year: Number(found.year), month: Number(found.month), day: Number(found.day), time: `${hour}:${minute}`, seconds };
}

/** For tables: `08-15 14:32` in this year, `2025-08-15 14:32` before. With `exact` to the second. */
export function formatDateTime(at: number, now = Date.now(), exact = false): string {
  const { year, month, day, time, seconds } = partsOf(at);
  return `${year === partsOf(now).year ? "" : `${year}-`}${two(month)}-${two(day)} ${time}${exact ? `:${seconds}` : ""}`;
}

/** When a day (`2026-08-15`) begins in the hotline's zone, in epoch ms; `days` later. */
export function startOfDay(date: string, days = 0): number {
  const midnight = Date.parse(`${date}T00:00:00Z`) + days * 86_400_000;
  if (Number.isNaN(midnight)) return Number.NaN;
  // Twice: the clocks may change between the two midnights.
  return midnight - aheadOfUtc(midnight - aheadOfUtc(midnight));
}

function aheadOfUtc(at: number): number {
  const { year, month, day, time, seconds } = partsOf(at);
  return Date.parse(`${year}-${two(month)}-${two(day)}T${time}:${seconds}Z`) - at;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** For running text: `8月15日 14:32`, `15 Aug, 14:32`. */
export function formatDateProse(at: number, language: Language): string {
  const { month, day, time } = partsOf(at);
  return language === "zh" ? `${month}月${day}日 ${time}` : `${day} ${MONTHS[month - 1] ?? ""}, ${time}`;
}

/** `14:32:05`. */
export function formatTime(at: number): string {
  const { time, seconds } = partsOf(at);
  return `${time}:${seconds}`;
}

/** Phone numbers in groups: `138 1234 5678`, `138****5678` and extensions as they are. */
export function formatPhone(number: string): string {
  const mobile = /^(?:\+?86)?(1\d{2})(\d{4})(\d{4})$/.exec(number);
  return mobile ? `${mobile[1]} ${mobile[2]} ${mobile[3]}` : number;
}

export { maskPhone } from "@hotlinejs/core/phone-numbers";

/** Serial number in its groups 6-5-1, as it is spoken. */
export function formatSerial(serial: string): string {
  return /^\d{12}$/.test(serial) ? `${serial.slice(0, 6)}-${serial.slice(6, 11)}-${serial.slice(11)}` : serial;
}
