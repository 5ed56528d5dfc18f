import type { BusinessCalendar, Clock } from "@hotlinejs/core";
import type { AcdStore } from "./acd-store.js";
import type { Floor } from "./floor.js";
import type { QueueFacts } from "./queue-facts.js";

export interface BusinessDayDeps {
  readonly floor: Floor;
  readonly facts: QueueFacts;
  readonly store: AcdStore;
  readonly clock: Clock;
  readonly calendar: BusinessCalendar;
}

/** The business date for which calls are counted, also by the strategies. */
export class BusinessDay {
  readonly #deps: BusinessDayDeps;
  #date = "";

  constructor(deps: BusinessDayDeps) {
    this.#deps = deps;
  }

  /** Takes up what was counted so far. @param before epoch ms: when this process came up */
  async load(before: number): Promise<void> {
    const { facts, floor, store } = this.#deps;
    const today = this.#today();
    const quarters = await store.queueDay(today);
    for (const row of quarters) facts.today.add(row.queue, row.startsAt, row);
    for (const row of await store.agentDay(today)) facts.today.addAgent(row.agent, row.startsAt, row);
    for (const event of await store.history({ today, before, quarters })) floor.engine.dispatch(event);
    this.#date = today;
  }

  /** A new business day: calls and talks are counted anew, so that who was away for days does not have to catch up. */
  turn(): void {
    const { floor } = this.#deps;
    const today = this.#today();
    if (today === this.#date) return;
    this.#date = today;
    for (const agentId of floor.agents.keys()) floor.engine.dispatch({ type: "agent.history", agentId, callsTaken: 0, talkMs: 0 });
  }

  #today(): string {
    return this.#deps.calendar.dateOf(this.#deps.clock.now());
  }
}
