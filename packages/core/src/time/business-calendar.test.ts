import { readFileSync } from "node:fs";
import fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import type { CalendarData } from "../contracts/time.js";
import { createBusinessCalendar } from "./business-calendar.js";

const fixture = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url), "utf8")) as T;
const year = fixture<{ days: { date: string; kind: "holiday" | "make-up-workday"; name: string }[] }>("calendar-2026.json");
interface Example {
  id: string;
  event: string;
  startDay: string;
  due: string;
  dueWeekday: string;
  signDueWorkingHours?: string;
  ladder: { preReminder: string; urge: string; yellow: string; red: string; report: string };
  trace: { date: string; counts: boolean; day?: number; reason: string }[];
}
const { examples } = fixture<{ examples: Example[] }>("due-date-examples.json");

const zone = "Asia/Shanghai";
const halfDays: readonly (readonly [string, string])[] = [["09:00", "12:00"], ["13:30", "17:30"]];
const office: CalendarData = {
  key: "office",
  week: { 1: halfDays, 2: halfDays, 3: halfDays, 4: halfDays, 5: halfDays },
  exceptions: year.days.map((day) => ({ date: day.date, kind: day.kind === "holiday" ? "holiday" : "workday", name: day.name })),
  knownUntil: 2026,
};
const calendar = createBusinessCalendar(office, zone);
const at = (text: string, inZone = zone): number => DateTime.fromFormat(text, text.length > 10 ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd", { zone: inZone }).toMillis();
const text = (instant: number, inZone = zone): string => DateTime.fromMillis(instant, { zone: inZone }).toFormat("yyyy-MM-dd HH:mm");
const received = (example: Example): number => at((/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}/.exec(example.event) as RegExpExecArray)[0]);

describe("a date", () => {
  it("is told with its reason", () => {
    expect(calendar.day("2026-10-01")).toEqual({ workday: false, exception: "holiday", name: "国庆节", known: true });
    expect(calendar.day("2026-10-10")).toEqual({ workday: true, exception: "workday", name: "国庆节", known: true });
    expect(calendar.day("2026-10-11")).toEqual({ workday: false, exception: null, name: null, known: true });
    expect(calendar.day("2027-01-04")).toEqual({ workday: true, exception: null, name: null, known: false });
  });
});

describe("worked due dates of 2026", () => {
  it.each(examples.map((example) => [example.id, example] as const))("%s: which days count", (_id, example) => {
    for (const step of example.trace) {
      const paused = step.reason.startsWith("暂停");
      expect([step.date, calendar.isWorkday(step.date)]).toEqual([step.date, step.counts || paused]);
    }
  });

  it.each(examples.map((example) => [example.id, example] as const))("%s: due", (_id, example) => {
    // Days held by a pause do not count (DD5); the ticket engine adds them, here they are added by hand.
    const counted = example.trace.filter((step) => step.counts).length;
    const paused = example.trace.filter((step) => step.reason.startsWith("暂停")).length;
    const { due, provisional } = calendar.addWorkingDays(received(example), counted + paused);
    expect(text(due)).toBe(example.due);
    expect(provisional).toBe(false);
    expect(text(calendar.addWorkingDays(received(example), 0).due)).toBe(`${example.startDay} 17:30`);
  });

  it.each(examples.map((example) => [example.id, example] as const))("%s: the ladder of urging", (_id, example) => {
    const due = at(example.due);
    expect(text(calendar.slots(calendar.dateOf(due))[0]?.from ?? 0)).toBe(example.ladder.urge);
    expect(text(calendar.addWorkingDays(due, 1).due)).toBe(example.ladder.yellow);
    expect(text(calendar.addWorkingDays(due, 3).due)).toBe(example.ladder.red);
    expect(text(calendar.addWorkingDays(due, 5).due)).toBe(example.ladder.report);
    expect(text(calendar.nextOpening(at(example.ladder.preReminder)) ?? 0)).toBe(example.ladder.preReminder);
    expect(text(calendar.addWorkingDays(at(example.ladder.preReminder), 1).due)).toBe(example.due);
  });

  it("DD6: two working hours over the Labour Day holiday", () => {
    const example = examples.find((each) => each.id === "DD6") as Example;
    expect(text(calendar.addWorkingMinutes(received(example), 120))).toBe(example.signDueWorkingHours);
  });

  it("knows every listed day of 2026 and the ordinary rule for the others", () => {
    const listed = new Map(year.days.map((day) => [day.date, day.kind]));
    let workdays = 0;
    for (let day = DateTime.fromISO("2026-01-01", { zone: "utc" }); day.year === 2026; day = day.plus({ days: 1 })) {
      const date = day.toISODate() as string;
      const kind = listed.get(date);
      const expected = kind === undefined ? day.weekday <= 5 : kind === "make-up-workday";
      expect([date, calendar.isWorkday(date)]).toEqual([date, expected]);
      if (expected) workdays += 1;
    }
    // A make-up day has the slots of a Monday.
    expect(calendar.slots("2026-02-14").map((slot) => [text(slot.from), text(slot.to)])).toEqual([["2026-02-14 09:00", "2026-02-14 12:00"], ["2026-02-14 13:30", "2026-02-14 17:30"]]);
    expect(calendar.workingMinutesBetween(at("2026-01-01"), at("2027-01-01"))).toBe(workdays * 420);
  });
});

describe("office hours", () => {
  it("edges: 17:30 sharp is still today, 17:31 is tomorrow; before nine is today", () => {
    expect(text(calendar.addWorkingDays(at("2026-03-02 17:30"), 1).due)).toBe("2026-03-03 17:30");
    expect(text(calendar.addWorkingDays(at("2026-03-02 17:31"), 1).due)).toBe("2026-03-04 17:30");
    expect(text(calendar.addWorkingDays(at("2026-03-02 03:00"), 1).due)).toBe("2026-03-03 17:30");
  });

  it("open, next opening, minutes over lunch and night", () => {
    expect(calendar.isOpen(at("2026-03-02 09:00"))).toBe(true);
    expect(calendar.isOpen(at("2026-03-02 12:00"))).toBe(false);
    expect(calendar.isOpen(at("2026-03-02 17:30"))).toBe(false);
    expect(text(calendar.nextOpening(at("2026-03-02 12:10")) ?? 0)).toBe("2026-03-02 13:30");
    expect(text(calendar.nextOpening(at("2026-03-06 17:30")) ?? 0)).toBe("2026-03-09 09:00");
    expect(text(calendar.addWorkingMinutes(at("2026-03-02 11:50"), 20))).toBe("2026-03-02 13:40");
    expect(text(calendar.addWorkingMinutes(at("2026-03-02 08:00"), 180))).toBe("2026-03-02 12:00");
    expect(calendar.workingMinutesBetween(at("2026-03-02 11:50"), at("2026-03-03 09:10"))).toBe(10 + 240 + 10);
    expect(calendar.workingMinutesBetween(at("2026-03-03 09:10"), at("2026-03-02 11:50"))).toBe(0);
  });

  it("marks what reaches into a year whose holidays are not published as provisional", () => {
    expect(calendar.addWorkingDays(at("2026-12-30 10:00"), 1).provisional).toBe(false);
    expect(calendar.addWorkingDays(at("2026-12-30 10:00"), 3).provisional).toBe(true);
  });

  it("dates and hours follow the zone, not the machine", () => {
    expect(calendar.dateOf(Date.UTC(2026, 2, 1, 16, 0))).toBe("2026-03-02");
    expect(calendar.dateOf(Date.UTC(2026, 2, 1, 15, 59))).toBe("2026-03-01");
    expect(calendar.hourOf(Date.UTC(2026, 2, 1, 16, 0))).toBe(0);
  });

  it("round the clock: every minute counts, days are calendar days", () => {
    const all: readonly (readonly [string, string])[] = [["00:00", "24:00"]];
    const always = createBusinessCalendar({ key: "default", week: { 1: all, 2: all, 3: all, 4: all, 5: all, 6: all, 7: all } }, zone);
    expect(always.isOpen(at("2026-03-01 00:00"))).toBe(true);
    expect(always.addWorkingMinutes(at("2026-03-01 23:50"), 20)).toBe(at("2026-03-02 00:10"));
    expect(always.workingMinutesBetween(at("2026-03-01"), at("2026-03-08"))).toBe(7 * 1440);
    expect(text(always.addWorkingDays(at("2026-03-01 10:00"), 1).due)).toBe("2026-03-03 00:00");
  });
});

describe("zones that change their clocks", () => {
  const nights: readonly (readonly [string, string])[] = [["01:00", "04:00"]];
  const berlin = createBusinessCalendar({ key: "night", week: { 7: nights, 1: nights } }, "Europe/Berlin");

  it("an hour left out or repeated is counted as it really passed", () => {
    const spring = berlin.slots("2026-03-29")[0] ?? { from: 0, to: 0 };
    const autumn = berlin.slots("2026-10-25")[0] ?? { from: 0, to: 0 };
    expect((spring.to - spring.from) / 3_600_000).toBe(2);
    expect((autumn.to - autumn.from) / 3_600_000).toBe(4);
    expect(berlin.workingMinutesBetween(spring.from, spring.to)).toBe(120);
    expect(text(berlin.addWorkingMinutes(spring.from, 90), "Europe/Berlin")).toBe("2026-03-29 03:30");
  });

  it("a slot that begins in the gap begins with the first instant after it", () => {
    const gap = createBusinessCalendar({ key: "gap", week: { 7: [["02:20", "05:00"]] } }, "Europe/Berlin");
    expect(text(gap.slots("2026-03-29")[0]?.from ?? 0, "Europe/Berlin")).toBe("2026-03-29 03:00");
    const inside = createBusinessCalendar({ key: "inside", week: { 7: [["02:10", "02:50"]] } }, "Europe/Berlin");
    expect(inside.slots("2026-03-29")).toEqual([]);
    expect(inside.slots("2026-04-05")).toHaveLength(1);
  });

  it("a day whose midnight does not exist begins at one (Havana)", () => {
    const whole: readonly (readonly [string, string])[] = [["00:00", "24:00"]];
    const havana = createBusinessCalendar({ key: "h", week: { 7: whole, 1: whole, 6: whole } }, "America/Havana");
    const day = havana.slots("2026-03-08")[0] ?? { from: 0, to: 0 };
    expect((day.to - day.from) / 3_600_000).toBe(23);
    expect(havana.dateOf(day.from)).toBe("2026-03-08");
    expect(havana.dateOf(day.from - 1)).toBe("2026-03-07");
  });
});

describe("laws", () => {
  const zones = [zone, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
  const instant = fc.integer({ min: at("2026-01-01") / 1000, max: at("2027-06-01") / 1000 }).map((seconds) => seconds * 1000);

  it("adding minutes and counting them agree, in every zone", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, fc.integer({ min: 1, max: 20_000 }), (inZone, from, minutes) => {
        const each = createBusinessCalendar(office, inZone);
        const to = each.addWorkingMinutes(from, minutes);
        expect(each.workingMinutesBetween(from, to)).toBeCloseTo(minutes, 6);
        expect(each.workingMinutesBetween(from, to - 1000)).toBeLessThan(minutes);
      }),
      { numRuns: 100 },
    );
  });

  it("the N-th working day has N working days between", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, fc.integer({ min: 0, max: 60 }), (inZone, from, days) => {
        const each = createBusinessCalendar(office, inZone);
        const { due } = each.addWorkingDays(from, days);
        let date = each.dateOf(each.addWorkingDays(from, 0).due);
        let counted = 0;
        while (date < each.dateOf(due)) {
          date = DateTime.fromISO(date, { zone: "utc" }).plus({ days: 1 }).toISODate() as string;
          if (each.isWorkday(date)) counted += 1;
        }
        expect(counted).toBe(days);
        expect(due).toBeGreaterThanOrEqual(from);
      }),
      { numRuns: 80 },
    );
  });
});

describe("wrong data is refused", () => {
  it.each<[string, CalendarData, string]>([
    ["zone", { key: "x", week: {} }, "Mars/Olympus"],
    ["reversed", { key: "x", week: { 1: [["12:00", "09:00"]] } }, zone],
    ["overlap", { key: "x", week: { 1: [["09:00", "12:00"], ["11:00", "13:00"]] } }, zone],
    ["time", { key: "x", week: { 1: [["9", "12:00"]] } }, zone],
    ["past midnight", { key: "x", week: { 1: [["20:00", "24:01"]] } }, zone],
    ["date", { key: "x", week: { 1: halfDays }, exceptions: [{ date: "2026-02-30", kind: "holiday" }] }, zone],
    ["twice", { key: "x", week: { 1: halfDays }, exceptions: [{ date: "2026-02-03", kind: "holiday" }, { date: "2026-02-03", kind: "workday" }] }, zone],
    ["empty workday", { key: "x", week: {}, exceptions: [{ date: "2026-02-03", kind: "workday" }] }, zone],
  ])("%s", (_name, data, inZone) => {
    expect(() => createBusinessCalendar(data, inZone)).toThrow(expect.objectContaining({ code: "HTL_CORE_CALENDAR_INVALID" }) as Error);
  });

  it("a calendar without hours says so instead of searching for ever", () => {
    const never = createBusinessCalendar({ key: "never", week: {} }, zone);
    expect(() => never.addWorkingMinutes(0, 1)).toThrow(expect.objectContaining({ code: "HTL_CORE_CALENDAR_NO_HOURS" }) as Error);
    expect(() => never.addWorkingDays(0, 1)).toThrow(expect.objectContaining({ code: "HTL_CORE_CALENDAR_NO_HOURS" }) as Error);
    expect(never.nextOpening(0)).toBeUndefined();
    expect(() => calendar.addWorkingDays(0, -1)).toThrow(RangeError);
    expect(() => calendar.addWorkingMinutes(0, Number.NaN)).toThrow(RangeError);
  });
});
