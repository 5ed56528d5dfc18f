import type { BusinessCalendar } from "@hotlinejs/core";
import { endOf, shiftWorkdays } from "./due-clock.js";

/** One level of urging (催办 → 黄牌 → 红牌 → 上报). Each fires once per ticket and cycle. */
export interface LadderLevel {
  readonly id: string;
  readonly name: string;
  /** Working days from the due day; negative before it. */
  readonly days: number;
  /** At the beginning or the end of office hours of that day. */
  readonly at: "opening" | "closing";
  /** Who is told: `handler`, `department`, `permission:<name>`. While no department has the ticket, its dispatchers. */
  readonly to: readonly string[];
  readonly via: readonly ("screen" | "email")[];
  /** Name of a template. */
  readonly template: string;
  readonly card?: "yellow" | "red";
}

/** The level at whose time a ticket becomes late. It marks the ticket, whether or not it tells anybody. */
export const OVERDUE_LEVEL = "overdue";

export const DEFAULT_LADDER: readonly LadderLevel[] = [
  { id: "pre-reminder", name: "到期提醒", days: -1, at: "opening", to: ["handler", "department"], via: ["screen"], template: "pre-reminder" },
  { id: "urge", name: "催办", days: 0, at: "opening", to: ["handler", "department"], via: ["screen", "email"], template: "urge" },
  { id: OVERDUE_LEVEL, name: "超期", days: 0, at: "closing", to: ["handler", "department"], via: ["screen"], template: "overdue" },
  { id: "yellow", name: "黄牌督办", days: 1, at: "closing", to: ["department", "permission:tickets.urge"], via: ["screen", "email"], template: "yellow", card: "yellow" },
  { id: "red", name: "红牌督办", days: 3, at: "closing", to: ["department", "permission:tickets.supervise"], via: ["screen", "email"], template: "red", card: "red" },
  { id: "report", name: "上报通报", days: 5, at: "closing", to: ["permission:tickets.supervise"], via: ["screen"], template: "report", card: "red" },
];

/** Before the ticket is late. */
export function isEarly(level: LadderLevel): boolean {
  return level.days < 0 || (level.days === 0 && level.at === "opening");
}

/** When a level is reached, epoch ms. */
export function levelAt(calendar: BusinessCalendar, due: number, level: LadderLevel): number {
  const date = shiftWorkdays(calendar, calendar.dateOf(due), level.days);
  return level.at === "opening" ? (calendar.slots(date)[0]?.from ?? due) : endOf(calendar, date);
}
