import { formatDateTime, startOfDay } from "@hotlinejs/plugin-console/sdk";

/** Any year but that of what is shown: with it, dates are told in full. */
const LONG_AGO = 0;

/** `2026-08-15T14:32` in the hotline's zone, as fields of date and time have it. */
export function localOf(at: number): string {
  return formatDateTime(at, LONG_AGO).replace(" ", "T");
}

/** The instant of `2026-08-15T14:32` in the hotline's zone, epoch ms; NaN: no such date. */
export function instantOf(local: string): number {
  const found = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})/.exec(local);
  if (found === null) return Number.NaN;
  const [, date = "", hours, minutes] = found;
  const wanted = Number(hours) * 60 + Number(minutes);
  const at = startOfDay(date) + wanted * 60_000;
  if (Number.isNaN(at)) return at;
  // On the day on which clocks change, midnight is an hour nearer or farther.
  const shown = localOf(at).slice(11).split(":");
  return at + (wanted - (Number(shown[0]) * 60 + Number(shown[1]))) * 60_000;
}
