import type { Language } from "./texts.js";

const two = (value: number): string => String(value).padStart(2, "0");

/** `03:52`, `1:03:52`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** For tables: `08-15 14:32` in this year, `2025-08-15 14:32` before. */
export function formatDateTime(at: number, now = Date.now()): string {
  const date = new Date(at);
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const year = date.getFullYear() === new Date(now).getFullYear() ? "" : `${date.getFullYear()}-`;
  return `${year}${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** For running text: `8月15日 14:32`, `15 Aug, 14:32`. */
export function formatDateProse(at: number, language: Language): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (language === "zh") return `${date.getMonth() + 1}月${date.getDate()}日 ${time}`;
  return `${date.getDate()} ${date.toLocaleString("en-GB", { month: "short" })}, ${time}`;
}

/** `14:32:05`. */
export function formatTime(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Phone numbers in groups: `138 1234 5678`, `138****5678` and extensions as they are. */
export function formatPhone(number: string): string {
  const mobile = /^(?:\+?86)?(1\d{2})(\d{4})(\d{4})$/.exec(number);
  return mobile ? `${mobile[1]} ${mobile[2]} ${mobile[3]}` : number;
}

/** `138****5678`: all but the first three and the last four. Short numbers (extensions) stay. */
export function maskPhone(number: string): string {
  if (number.length < 8 || number.includes("*")) return number;
  return `${number.slice(0, 3)}****${number.slice(-4)}`;
}

/** Serial number in its groups 6-5-1, as it is spoken. */
export function formatSerial(serial: string): string {
  return /^\d{12}$/.test(serial) ? `${serial.slice(0, 6)}-${serial.slice(6, 11)}-${serial.slice(11)}` : serial;
}
