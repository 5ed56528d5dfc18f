import type { BusinessCalendar } from "@hotlinejs/core";

const DAY_MS = 86_400_000;

/** Hours of a calendar within a span of time, epoch ms; `null`: open. */
export interface CallingHours {
  readonly calendar: BusinessCalendar;
  readonly from: number | null;
  readonly until: number | null;
}

export function isCallable({ calendar, from, until }: CallingHours, at: number): boolean {
  return (from === null || at >= from) && (until === null || at < until) && calendar.isOpen(at);
}

/** The first instant from `at` on at which people may be called; `null`: there is none. */
export function firstCall({ calendar, from, until }: CallingHours, at: number): number | null {
  const opening = calendar.nextOpening(Math.max(at, from ?? 0));
  return opening === undefined || (until !== null && opening >= until) ? null : opening;
}

/** The opening (morning, afternoon) that an instant lies in. */
export function openingAt(calendar: BusinessCalendar, at: number): { readonly from: number; readonly to: number } | undefined {
  return calendar.slots(calendar.dateOf(at)).find((slot) => slot.from <= at && at < slot.to);
}

/** From when on somebody who was called at `at` is called in another opening of the calendar. */
export function afterThisOpening(calendar: BusinessCalendar, at: number): number {
  const { to } = openingAt(calendar, at) ?? { to: at };
  return calendar.nextOpening(to) ?? to;
}

/** Seconds in which people may be called between two instants. */
export function openSeconds(calendar: BusinessCalendar, from: number, to: number): number {
  let ms = 0;
  // Slots end with their date, so each date is looked at once; the last one by itself, since days need not have 24 hours.
  const dates = new Set([calendar.dateOf(to)]);
  for (let at = from; at < to; at += DAY_MS / 2) dates.add(calendar.dateOf(at));
  for (const date of dates) for (const slot of calendar.slots(date)) ms += Math.max(0, Math.min(slot.to, to) - Math.max(slot.from, from));
  return Math.round(ms / 1000);
}
