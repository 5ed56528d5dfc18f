import { DateTime } from "luxon";
import type { CompareKind, PeriodUnit } from "../../src/index.js";
import { NOW, shanghai } from "./made-up.js";
import type { MadeUp, MadeUpCall, MadeUpEntry, MadeUpTicket } from "./made-up.js";

/** Both ends included. */
export type Range = readonly [from: string, to: string];

export interface Choice {
  readonly agents?: readonly (string | null)[];
  readonly kinds?: readonly string[];
  readonly queues?: readonly string[];
  readonly hour?: number;
}

/** Exact: numerator and denominator. */
export interface Exact {
  readonly top: number;
  readonly below: number;
}

/** Every figure of the built-in reports, by going through all rows one by one. Shares nothing with the product's code. */
export function count(data: MadeUp, range: Range | undefined, choice: Choice = {}): Readonly<Record<string, Exact>> {
  const within = <T extends { at: number }>(rows: readonly T[]): T[] =>
    range === undefined ? [] : rows.filter(({ at }) => shanghai(at).date >= range[0] && shanghai(at).date <= range[1] && (choice.hour === undefined || shanghai(at).hour === choice.hour));
  const of = <T>(list: readonly T[] | undefined, value: T): boolean => list === undefined || list.includes(value);
  const calls: MadeUpCall[] = within(data.calls).filter((call) => call.channel === "voice" && call.direction === "inbound" && of(choice.agents, call.agent) && (choice.queues === undefined || (call.queue !== null && choice.queues.includes(call.queue))));
  const entries: MadeUpEntry[] = within(data.entries).filter((entry) => of(choice.agents, entry.agent) && of(choice.queues, entry.queue));
  const countable = (ticket: MadeUpTicket): boolean => ticket.kind !== "void" && ticket.status !== "void" && ticket.status !== "rejected" && of(choice.agents, ticket.agent) && of(choice.kinds, ticket.kind);
  const tickets: MadeUpTicket[] = within(data.tickets).filter((ticket) => countable(ticket));
  const due = data.tickets.filter((ticket) => countable(ticket) && range !== undefined && ticket.dueAt !== null && shanghai(ticket.dueAt).date >= range[0] && shanghai(ticket.dueAt).date <= range[1] && (ticket.stoppedAt !== null || ticket.dueAt <= NOW));
  const inTime = due.filter((ticket) => ticket.stoppedAt !== null && ticket.dueAt !== null && ticket.stoppedAt <= ticket.dueAt);
  const answered = entries.filter(({ outcome }) => outcome === "answered");
  const abandoned = entries.filter(({ outcome }) => outcome === "abandoned");
  const short = abandoned.filter(({ waitMs }) => (waitMs ?? 0) <= 5000);
  const requested = entries.filter(({ outcome }) => outcome !== null);
  const whole = (top: number): Exact => ({ top, below: 1 });
  let wait = 0;
  let talk = 0;
  for (const entry of answered) {
    wait += entry.waitMs ?? 0;
    talk += entry.talkMs ?? 0;
  }
  const kind = (key: string): Exact => whole(tickets.filter((ticket) => ticket.kind === key).length);
  return {
    calls: whole(calls.length),
    selfService: whole(calls.filter((call) => call.queue === null && call.ended).length),
    requested: whole(requested.length),
    answered: whole(answered.length),
    taken: whole(answered.length),
    abandoned: whole(abandoned.length),
    shortAbandoned: whole(short.length),
    answerRate: { top: answered.length * 100, below: requested.length - short.length },
    answerInTimeRate: { top: answered.filter(({ waitMs }) => (waitMs ?? 0) <= 15_000).length * 100, below: answered.length },
    abandonRate: { top: (abandoned.length - short.length) * 100, below: requested.length - short.length },
    averageWait: { top: wait, below: answered.length * 1000 },
    averageTalk: { top: talk, below: answered.length * 1000 },
    accepted: whole(tickets.length),
    dispatched: whole(tickets.filter(({ department }) => department !== null).length),
    onTimeRate: { top: inTime.length * 100, below: due.length },
    kindConsultation: kind("consultation"),
    kindHelp: kind("help"),
    kindComplaint: kind("complaint"),
    kindReport: kind("report"),
    kindCriticism: kind("criticism"),
    kindSuggestion: kind("suggestion"),
    kindPraise: kind("praise"),
  };
}

const DECIMALS: Readonly<Record<string, number>> = { answerRate: 1, answerInTimeRate: 1, abandonRate: 1, share: 1, onTimeRate: 1 };

/** Half away from zero, in whole numbers only. */
export function rounded({ top, below }: Exact, decimals: number): number | null {
  if (below === 0) return null;
  const scaled = BigInt(top) * 10n ** BigInt(decimals);
  const under = BigInt(below);
  const size = scaled < 0n ? -scaled : scaled;
  const result = Number((2n * size + under) / (2n * under)) / 10 ** decimals;
  return scaled < 0n && result !== 0 ? -result : result;
}

export function value(id: string, exact: Exact | undefined): number | null {
  return exact === undefined ? null : rounded(exact, DECIMALS[id] ?? 0);
}

/** Difference and its share of the base; of rates in points, and without a share. */
export function change(id: string, own: Exact, base: Exact): { delta: number | null; ratio: number | null } {
  if (own.below === 0 || base.below === 0) return { delta: null, ratio: null };
  const difference: Exact = { top: own.top * base.below - base.top * own.below, below: own.below * base.below };
  const delta = rounded(difference, DECIMALS[id] ?? 0);
  if (DECIMALS[id] !== undefined || base.top === 0) return { delta, ratio: null };
  return { delta, ratio: rounded({ top: difference.top * 100 * base.below, below: difference.below * base.top }, 1) };
}

const iso = (time: DateTime): string => time.toISODate() ?? "";
const at = (date: string): DateTime => DateTime.fromISO(date, { zone: "utc" });

export interface BruteBucket {
  readonly own: Range;
  readonly base: Range | undefined;
}

/** The rows of a report by period and what each is compared with. */
export function buckets([from, to]: Range, unit: PeriodUnit, today: string, kind: CompareKind): BruteBucket[] {
  const found: BruteBucket[] = [];
  const end = to < today ? to : today;
  for (let start = at(from).startOf(unit); iso(start) <= end; start = start.plus({ [unit]: 1 }).startOf(unit)) {
    const last = start.endOf(unit);
    const own: Range = [iso(start) < from ? from : iso(start), iso(last) > end ? end : iso(last)];
    found.push({ own, base: baseOf(own, unit, kind) });
  }
  return found;
}

function baseOf([from, to]: Range, unit: PeriodUnit, kind: CompareKind): Range | undefined {
  const [a, b] = [at(from), at(to)];
  if (unit === "day") {
    const day = kind === "year" ? a.minus({ years: 1 }) : a.minus({ days: 1 });
    return kind === "year" && day.day !== a.day ? undefined : [iso(day), iso(day)];
  }
  if (unit === "week") {
    if (kind === "previous") return [iso(a.minus({ weeks: 1 })), iso(b.minus({ weeks: 1 }))];
    const year = a.weekYear - 1;
    if (a.weekNumber > DateTime.utc(year, 12, 28).weekNumber) return undefined;
    const same = (time: DateTime): string => iso(DateTime.fromObject({ weekYear: year, weekNumber: a.weekNumber, weekday: 1 }, { zone: "utc" }).plus({ days: time.weekday - 1 }));
    return [same(a), same(b)];
  }
  const months = kind === "year" ? 12 : { month: 1, quarter: 3, year: 12 }[unit];
  const end = b.minus({ months });
  return [iso(a.minus({ months })), iso(iso(b) === iso(b.endOf("month")) ? end.endOf("month") : end)];
}

/** What the whole is compared with. */
export function wholeBase([from, to]: Range, today: string, kind: CompareKind): Range {
  const [a, natural] = [at(from), at(to)];
  const end = at(to < today ? to : today);
  if (a.day === 1 && iso(natural) === iso(natural.endOf("month"))) {
    const count = Math.round(natural.plus({ days: 1 }).diff(a, "months").months);
    const months = kind === "year" ? 12 : count;
    const base = end.minus({ months });
    return [iso(a.minus({ months })), iso(iso(end) === iso(end.endOf("month")) ? base.endOf("month") : base)];
  }
  const passed = end.diff(a, "days").days;
  const start = kind === "previous" ? a.minus({ days: natural.diff(a, "days").days + 1 }) : a.weekday === 1 && natural.weekday === 7 ? sameMonday(a) : a.minus({ years: 1 });
  return [iso(start), iso(start.plus({ days: passed }))];
}

function sameMonday(monday: DateTime): DateTime {
  const weekYear = monday.weekYear - 1;
  return DateTime.fromObject({ weekYear, weekNumber: Math.min(monday.weekNumber, DateTime.utc(weekYear, 12, 28).weekNumber), weekday: 1 }, { zone: "utc" });
}
