import type { BusinessCalendar } from "@hotlinejs/core";
import type { DueExplanation, TicketClockView } from "./contract.js";
import { computeDue, dueSentence } from "./domain/due-clock.js";
import type { ClockPause, DueInput, DueResult } from "./domain/due-clock.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import type { ClockEffect, StateClock } from "./domain/workflow.js";
import type { TicketRow } from "./entities/ticket.entity.js";

export type ClockColumns = Pick<
  TicketRow,
  "limitDays" | "clockStartedAt" | "clockRestFrom" | "clockExtendedDays" | "clockPausedAt" | "clockStoppedAt" | "clockCycle" | "dueAt" | "dueProvisional" | "overdueAt" | "card"
>;

export interface ClockChange {
  readonly effect?: ClockEffect | undefined;
  /** What the state it comes to wants of the clock. */
  readonly to: StateClock;
  readonly kind: string;
  readonly category: string | null;
  /** Given by whoever dispatches. */
  readonly limitDays?: number | undefined;
  readonly extendDays?: number | undefined;
  /** Kind or category was corrected: a limit that came from them is looked up again. */
  readonly corrected?: boolean;
  readonly now: number;
}

const NO_CLOCK: ClockColumns = {
  limitDays: null,
  clockStartedAt: null,
  clockRestFrom: null,
  clockExtendedDays: null,
  clockPausedAt: null,
  clockStoppedAt: null,
  clockCycle: null,
  dueAt: null,
  dueProvisional: null,
  overdueAt: null,
  card: null,
};

/** The one due clock of a ticket: what a change makes of it, and why it is due when it is. */
export class TicketClock {
  constructor(
    private readonly parts: { readonly calendar: () => BusinessCalendar; readonly calendarKey: string; readonly catalogue: TicketCatalogue; readonly minLeftDays: number },
  ) {}

  /** Clock of a new ticket: it runs from the registration until somebody dispatches. */
  begin(kind: string, category: string | null, to: StateClock, now: number): ClockColumns {
    return this.advance(NO_CLOCK, [], { effect: "start", to, kind, category, now }).columns;
  }

  /** The columns after a change, and the pauses of the cycle. */
  advance(row: ClockColumns, before: readonly ClockPause[], change: ClockChange): { columns: ClockColumns; pauses: readonly ClockPause[] } {
    let next: ClockColumns = { ...pick(row) };
    let pauses = before;
    const rule = this.rule(change.kind, change.category);
    if (change.effect === "start") {
      const limitDays = change.limitDays ?? rule.days;
      if (limitDays === 0) return { columns: { ...NO_CLOCK, clockCycle: row.clockCycle ?? null }, pauses: [] };
      next = { ...NO_CLOCK, limitDays, clockStartedAt: change.now, clockCycle: (row.clockCycle ?? 0) + 1, overdueAt: null, card: null };
      pauses = [];
    }
    if (next.clockStartedAt === null || next.clockStartedAt === undefined) return { columns: next, pauses };
    if (change.corrected === true && rule.days > 0) next.limitDays = rule.days;
    if (change.effect === "rest") next.clockRestFrom = change.now;
    if (change.effect === "extend") next.clockExtendedDays = (next.clockExtendedDays ?? 0) + (change.extendDays ?? 0);
    if (change.to !== "paused" && isSet(next.clockPausedAt)) {
      next.clockPausedAt = null;
      pauses = pauses.map((pause) => (pause.to === null ? { ...pause, to: change.now } : pause));
    }
    if (change.to === "paused" && !isSet(next.clockPausedAt)) {
      next.clockPausedAt = change.now;
      pauses = [...pauses, { from: change.now, to: null }];
    }
    next.clockStoppedAt = change.to === "stopped" ? (next.clockStoppedAt ?? change.now) : null;
    // Where it stood when it stopped tells whether it was in time.
    if (change.to !== "stopped") Object.assign(next, this.dueColumns(next, pauses));
    return { columns: next, pauses };
  }

  /** As the calendar has it now. */
  dueColumns(row: ClockColumns, pauses: readonly ClockPause[]): Pick<ClockColumns, "dueAt" | "dueProvisional"> {
    const { result } = this.compute(row, pauses) ?? {};
    return { dueAt: result?.due ?? null, dueProvisional: result?.provisional ?? null };
  }

  view(row: ClockColumns): TicketClockView {
    const state = !isSet(row.clockStartedAt) ? "none" : isSet(row.clockStoppedAt) ? "stopped" : isSet(row.clockPausedAt) ? "paused" : "running";
    return {
      state,
      limitDays: isSet(row.limitDays) ? row.limitDays + (row.clockExtendedDays ?? 0) : null,
      startedAt: row.clockStartedAt ?? null,
      pausedAt: row.clockPausedAt ?? null,
      stoppedAt: row.clockStoppedAt ?? null,
      dueAt: row.dueAt ?? null,
      provisional: row.dueProvisional ?? false,
      overdueAt: row.overdueAt ?? null,
      card: row.card ?? null,
    };
  }

  explain(row: TicketRow, pauses: readonly ClockPause[]): DueExplanation {
    const calendar = this.parts.calendar();
    const clock = this.view(row);
    const found = this.compute(row, pauses);
    const base = { clock, calendar: { key: this.parts.calendarKey, timezone: calendar.timezone }, pauses };
    if (found === undefined) return { ...base, rule: null, restDays: null, startDay: null, startDayReason: null, trace: [], text: "该工单没有办理时限。" };
    const rule = this.rule(row.kind, row.category ?? null);
    const rest = found.input.startedAt === row.clockRestFrom;
    return {
      ...base,
      rule: { source: rule.days === row.limitDays ? rule.source : "dispatch", days: row.limitDays ?? 0, extendedDays: row.clockExtendedDays ?? 0 },
      restDays: rest ? this.parts.minLeftDays : null,
      startDay: found.result.startDay,
      startDayReason: found.result.startDayReason,
      trace: found.result.trace,
      text: `${rest ? `改派后剩余不足${this.parts.minLeftDays}个工作日，按改派之日起${this.parts.minLeftDays}个工作日计。` : ""}${dueSentence(calendar, found.input, found.result)}`,
    };
  }

  /** Limit of the business field, else of the kind; 0: none. */
  private rule(kindKey: string, category: string | null): { days: number; source: "category" | "kind" } {
    const { catalogue } = this.parts;
    const kind = catalogue.findKind(kindKey);
    const ofCategory = kind === undefined ? undefined : catalogue.limitOf(category, kind);
    return ofCategory === undefined ? { days: kind?.limitDays ?? 0, source: "kind" } : { days: ofCategory, source: "category" };
  }

  private compute(row: ClockColumns, pauses: readonly ClockPause[]): { input: DueInput; result: DueResult } | undefined {
    if (!isSet(row.clockStartedAt) || !isSet(row.limitDays)) return undefined;
    const calendar = this.parts.calendar();
    const whole = { startedAt: row.clockStartedAt, days: row.limitDays + (row.clockExtendedDays ?? 0), pauses };
    const result = computeDue(calendar, whole);
    if (!isSet(row.clockRestFrom)) return { input: whole, result };
    const rest = { startedAt: row.clockRestFrom, days: this.parts.minLeftDays, pauses };
    const least = computeDue(calendar, rest);
    return least.due === null || result.due === null || least.due > result.due ? { input: rest, result: least } : { input: whole, result };
  }
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function pick(row: ClockColumns): ClockColumns {
  const out = { ...NO_CLOCK };
  for (const key of Object.keys(NO_CLOCK) as (keyof ClockColumns)[]) Object.assign(out, { [key]: row[key] ?? null });
  return out;
}
