import type { BusinessCalendar, Uow } from "@hotlinejs/core";
import type { AgentDelta } from "../domain/facts.js";
import { SUM_NAMES, type QueueDelta, type QueueSums } from "../domain/queue-figures.js";
import { quarterOf } from "../domain/quarter-hours.js";

/** Adds to the quarter hours, within the transaction that writes the fact itself: both are there or neither. */
export class IntervalBook {
  constructor(private readonly calendar: BusinessCalendar) {}

  /** @param enteredAt a caller counts in the quarter in which they came, whenever they leave */
  async queue({ em }: Uow, of: { readonly queue: string; readonly channel: string }, enteredAt: number, delta: QueueDelta): Promise<void> {
    const startsAt = quarterOf(enteredAt);
    const { queue, channel } = of;
    await this.#add(em, "acd_queue_interval", { id: `${queue}|${channel}|${startsAt}`, queue, channel, starts_at: startsAt }, startsAt, pick(delta, SUM_NAMES));
  }

  async agent({ em }: Uow, agent: string, startsAt: number, delta: AgentDelta): Promise<void> {
    await this.#add(em, "acd_agent_interval", { id: `${agent}|${startsAt}`, agent, starts_at: startsAt }, startsAt, Object.entries(delta));
  }

  async #add(em: Uow["em"], table: string, keys: Readonly<Record<string, string | number>>, startsAt: number, deltas: readonly (readonly [string, number])[]): Promise<void> {
    if (deltas.length === 0) return;
    const row = { ...keys, business_date: this.calendar.dateOf(startsAt), business_hour: this.calendar.hourOf(startsAt) };
    const columns = deltas.map(([name]) => column(name));
    const updates = columns.map((name) => (name === "longest_wait_ms" ? `${name} = case when excluded.${name} > ${table}.${name} then excluded.${name} else ${table}.${name} end` : `${name} = ${table}.${name} + excluded.${name}`));
    const names = [...Object.keys(row), ...columns];
    await em.execute(
      `insert into ${table} (${names.join(", ")}) values (${names.map(() => "?").join(", ")}) on conflict (id) do update set ${updates.join(", ")}`,
      [...Object.values(row), ...deltas.map(([, value]) => Math.round(value))],
      "run",
    );
  }
}

function pick(delta: QueueDelta, names: readonly (keyof QueueSums)[]): [string, number][] {
  return names.flatMap((name): [string, number][] => {
    const value = delta[name];
    return value === undefined ? [] : [[name, value]];
  });
}

/** `answeredInTime` -> `answered_in_time`. */
function column(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
