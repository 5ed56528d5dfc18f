import { createBusinessCalendar } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { computeDue, dueSentence, shiftWorkdays } from "../src/domain/due-clock.js";
import type { ClockPause } from "../src/domain/due-clock.js";
import { DEFAULT_LADDER, levelAt } from "../src/domain/urging-ladder.js";
import { at, dueExamples, officeHours, text } from "./support/office.js";
import type { DueExample } from "./support/office.js";

const calendar = createBusinessCalendar(officeHours, "Asia/Shanghai");
const received = (example: DueExample): number => at((/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}/.exec(example.event) as RegExpExecArray)[0]);
const cases = dueExamples.map((example) => [example.id, example] as const);
/** Days of the limit, extension included. */
const days = (example: DueExample): number => example.trace.filter((step) => step.counts).length;
const pauses = (example: DueExample): readonly ClockPause[] => {
  const match = /(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) 至 (\d{4}-\d{2}-\d{2} \d{2}:\d{2}) 待补充/.exec(example.event);
  return match === null ? [] : [{ from: at(match[1] ?? ""), to: at(match[2] ?? "") }];
};

describe("worked due dates of 2026", () => {
  it("are there, one of them with a pause", () => {
    expect(dueExamples.length).toBeGreaterThanOrEqual(7);
    expect(dueExamples.flatMap(pauses)).toHaveLength(1);
  });

  it.each(cases)("%s: due, day by day", (_id, example) => {
    const result = computeDue(calendar, { startedAt: received(example), days: days(example), pauses: pauses(example) });
    expect(result.startDay).toBe(example.startDay);
    expect(text(result.due ?? 0)).toBe(example.due);
    expect(result.trace).toEqual(example.trace);
    expect(result.provisional).toBe(false);
  });

  it.each(cases)("%s: the ladder", (_id, example) => {
    const times = Object.fromEntries(DEFAULT_LADDER.map((level) => [level.id, text(levelAt(calendar, at(example.due), level))]));
    const { preReminder, urge, yellow, red, report } = example.ladder;
    expect(times).toEqual({ "pre-reminder": preReminder, urge, overdue: example.due, yellow, red, report });
  });
});

describe("the clock", () => {
  const due = (startedAt: string, limit: number, held: readonly ClockPause[] = []): string | null => {
    const result = computeDue(calendar, { startedAt: at(startedAt), days: limit, pauses: held });
    return result.due === null ? null : text(result.due);
  };

  it("takes the last minute of office hours for the same day, the next for the day after", () => {
    expect(due("2026-03-02 17:30", 1)).toBe("2026-03-03 17:30");
    expect(due("2026-03-02 17:31", 1)).toBe("2026-03-04 17:30");
    expect(due("2026-03-02 07:00", 1)).toBe("2026-03-03 17:30");
    expect(due("2026-03-02 12:30", 0)).toBe("2026-03-02 17:30");
  });

  it("stands as long as a pause is open, and counts a day by how it ends", () => {
    expect(due("2026-03-02 10:00", 3, [{ from: at("2026-03-03 10:00"), to: null }])).toBeNull();
    // Over and done between two ends of office hours: no day is lost.
    expect(due("2026-03-02 10:00", 3, [{ from: at("2026-03-03 10:00"), to: at("2026-03-03 17:29") }])).toBe("2026-03-05 17:30");
    expect(due("2026-03-02 10:00", 3, [{ from: at("2026-03-03 10:00"), to: at("2026-03-03 17:31") }])).toBe("2026-03-06 17:30");
    // A pause that begins after the due day changes nothing.
    expect(due("2026-03-02 10:00", 3, [{ from: at("2026-03-06 10:00"), to: null }])).toBe("2026-03-05 17:30");
  });

  it("is provisional where the holidays are not known yet", () => {
    expect(computeDue(calendar, { startedAt: at("2026-12-28 10:00"), days: 10, pauses: [] }).provisional).toBe(true);
    expect(computeDue(calendar, { startedAt: at("2026-12-28 10:00"), days: 2, pauses: [] }).provisional).toBe(false);
  });

  it("moves by working days from any day", () => {
    expect(shiftWorkdays(calendar, "2026-10-08", -1)).toBe("2026-09-30");
    expect(shiftWorkdays(calendar, "2026-10-03", 1)).toBe("2026-10-08");
    expect(shiftWorkdays(calendar, "2026-10-03", 0)).toBe("2026-10-03");
  });

  it("is told in a sentence", () => {
    const input = { startedAt: at("2026-09-24 10:15"), days: 10, pauses: [] };
    expect(dueSentence(calendar, input, computeDue(calendar, input))).toBe(
      "9月24日为第0日（工作日内收到，次一工作日起算）；9月25日至9月27日共3天中秋节放假，不计；10月1日至10月7日共7天国庆节放假，不计；10月10日（周六）调休上班（国庆节），计入；第10个工作日为2026-10-15，当日下班时到期。",
    );
  });
});
