import { readFileSync } from "node:fs";
import type { CalendarData } from "@hotlinejs/core";

const fixture = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../../../core/test/fixtures/${name}`, import.meta.url), "utf8")) as T;

interface Year {
  readonly days: readonly { readonly date: string; readonly kind: "holiday" | "make-up-workday"; readonly name: string }[];
}

export interface DueExample {
  readonly id: string;
  readonly event: string;
  readonly limit: string;
  readonly startDay: string;
  readonly due: string;
  readonly ladder: { readonly preReminder: string; readonly urge: string; readonly yellow: string; readonly red: string; readonly report: string };
  readonly trace: readonly { readonly date: string; readonly weekday: string; readonly counts: boolean; readonly day?: number; readonly reason: string }[];
}

const halfDays = [["09:00", "12:00"], ["13:30", "17:30"]] as const;

/** Office hours of 2026 with its holidays and make-up workdays. */
export const officeHours: CalendarData = {
  key: "default",
  week: { 1: halfDays, 2: halfDays, 3: halfDays, 4: halfDays, 5: halfDays },
  exceptions: fixture<Year>("calendar-2026.json").days.map(({ date, kind, name }) => ({ date, kind: kind === "holiday" ? "holiday" : "workday", name })),
  knownUntil: 2026,
};

export const dueExamples = fixture<{ examples: readonly DueExample[] }>("due-date-examples.json").examples;

/** `2026-03-02 09:00` in Shanghai. */
export const at = (text: string): number => Date.parse(`${text.replace(" ", "T")}:00+08:00`);
export const text = (instant: number): string => new Date(instant + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
