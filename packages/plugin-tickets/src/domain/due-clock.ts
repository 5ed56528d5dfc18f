import type { BusinessCalendar } from "@hotlinejs/core";

export interface ClockPause {
  /** Epoch ms. */
  readonly from: number;
  /** `null`: not over yet. */
  readonly to: number | null;
}

export interface DueInput {
  /** When it was received (dispatched), epoch ms. */
  readonly startedAt: number;
  /** Limit in working days, extensions included. */
  readonly days: number;
  readonly pauses: readonly ClockPause[];
}

/** One day on the way to the due day. */
export interface DueDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly weekday: string;
  readonly counts: boolean;
  /** Which working day of the limit it is, from 1. */
  readonly day?: number;
  readonly reason: string;
}

export interface DueResult {
  /** End of office hours of the last day; `null` while the clock stands. */
  readonly due: number | null;
  /** The working day that is day 0. */
  readonly startDay: string;
  readonly startDayReason: string;
  /** It reaches into a year whose holidays are not known yet. */
  readonly provisional: boolean;
  readonly trace: readonly DueDay[];
}

const WEEKDAYS = ["日", "一", "二", "三", "四", "五", "六"];
/** No limit and no pause is longer. */
const HORIZON_DAYS = 4_000;

/**
 * The rule of Chinese office practice: the working day on which it is received is day 0, what comes on a rest day or
 * after office hours counts as received on the next working day, and it is due at the end of office hours of day N.
 * A working day counts when the clock runs at the end of its office hours.
 */
export function computeDue(calendar: BusinessCalendar, input: DueInput): DueResult {
  const received = calendar.dateOf(input.startedAt);
  let date = received;
  for (let i = 0; !(calendar.isWorkday(date) && endOf(calendar, date) >= input.startedAt); i++) {
    if (i > HORIZON_DAYS) throw new RangeError("no working day within reach");
    date = nextDate(date);
  }
  const startDay = date;
  const trace: DueDay[] = [];
  let provisional = !calendar.day(startDay).known;
  let day = 0;
  // Without days left it is due on day 0 itself.
  for (let i = 0; day < input.days; i++) {
    if (i > HORIZON_DAYS) throw new RangeError("no due day within reach");
    date = nextDate(date);
    const { workday, exception, name, known } = calendar.day(date);
    provisional ||= !known;
    const stands = workday ? standing(input.pauses, endOf(calendar, date)) : undefined;
    if (stands?.to === null) return { due: null, startDay, startDayReason: startReason(calendar, input.startedAt, received, startDay), provisional, trace };
    const counts = workday && stands === undefined;
    const weekday = `周${WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? ""}`;
    if (counts) trace.push({ date, weekday, counts, day: ++day, reason: exception === "workday" ? `调休上班（${name ?? "调休"}）` : "工作日" });
    else trace.push({ date, weekday, counts, reason: workday ? "暂停计时（待补充材料）" : exception === "holiday" ? `${name ?? "节假日"}放假` : "周末" });
  }
  return { due: endOf(calendar, date), startDay, startDayReason: startReason(calendar, input.startedAt, received, startDay), provisional, trace };
}

/** In a sentence, for people. */
export function dueSentence(calendar: BusinessCalendar, input: DueInput, result: DueResult): string {
  const off = result.trace.filter((each) => !each.counts && each.reason !== "周末");
  const makeUp = result.trace.filter((each) => each.counts && each.reason.startsWith("调休")).map((each) => `${monthDay(each.date)}（${each.weekday}）${each.reason}，计入`);
  const parts = [`${monthDay(result.startDay)}为第0日（${result.startDayReason}）`, ...compress(off), ...makeUp];
  if (result.due === null) parts.push("计时暂停中，恢复后重新计算到期时间");
  else parts.push(`第${input.days}个工作日为${calendar.dateOf(result.due)}，当日下班时到期`);
  if (result.provisional) parts.push("跨入放假安排尚未公布的年份，到期时间为暂定");
  return `${parts.join("；")}。`;
}

/** The date `days` working days after (negative: before) a date, which need not be a working day itself. */
export function shiftWorkdays(calendar: BusinessCalendar, date: string, days: number): string {
  let at = date;
  const step = days < 0 ? -1 : 1;
  for (let left = Math.abs(days), i = 0; left > 0; i++) {
    if (i > HORIZON_DAYS) throw new RangeError("no working day within reach");
    at = nextDate(at, step);
    if (calendar.isWorkday(at)) left--;
  }
  return at;
}

/** `10月15日`. */
export function monthDay(date: string): string {
  return `${Number(date.slice(5, 7))}月${Number(date.slice(8, 10))}日`;
}

export function endOf(calendar: BusinessCalendar, date: string): number {
  return calendar.slots(date).at(-1)?.to ?? Number.NEGATIVE_INFINITY;
}

export function nextDate(date: string, by = 1): string {
  return new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10)) + by)).toISOString().slice(0, 10);
}

function standing(pauses: readonly ClockPause[], at: number): ClockPause | undefined {
  return pauses.find((pause) => pause.from <= at && (pause.to === null || pause.to > at));
}

function startReason(calendar: BusinessCalendar, at: number, received: string, startDay: string): string {
  if (startDay === received) return "工作日内收到，次一工作日起算";
  if (!calendar.isWorkday(received)) return `休息日收到，视同下一工作日（${monthDay(startDay)}）收到`;
  return `下班后收到，视同下一工作日（${monthDay(startDay)}）收到`;
}

/** Days that do not count for one reason become one item. */
function compress(items: readonly DueDay[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { date, reason } of items) groups.set(reason, [...(groups.get(reason) ?? []), monthDay(date)]);
  return [...groups].map(([reason, days]) => {
    const [first = "", ...more] = days;
    return `${more.length === 0 ? first : `${first}至${more.at(-1) ?? ""}共${days.length}天`}${reason}，不计`;
  });
}
