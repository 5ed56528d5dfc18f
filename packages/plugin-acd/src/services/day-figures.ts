import type { BusinessCalendar, Clock } from "@hotlinejs/core";
import { addAgentSums, addSums, emptyAgentSums, emptySums, queueFigures, type AgentSums, type QueueDelta, type QueueFigures, type QueueSums } from "../domain/queue-figures.js";
import { quarterOf } from "../domain/quarter-hours.js";

/** The sums of the business day that lasts, kept along with the facts: live figures cost no query. */
export class DayFigures {
  #date = "";
  #asked = { quarter: Number.NaN, date: "" };
  readonly #queues = new Map<string, QueueSums>();
  readonly #agents = new Map<string, AgentSums>();

  constructor(
    private readonly clock: Clock,
    private readonly calendar: BusinessCalendar,
  ) {}

  /** @param enteredAt who came yesterday and leaves today counts for yesterday */
  add(queue: string, enteredAt: number, delta: QueueDelta): void {
    if (!this.counts(enteredAt)) return;
    let sums = this.#queues.get(queue);
    if (sums === undefined) this.#queues.set(queue, (sums = emptySums()));
    addSums(sums, delta);
  }

  of(queue: string): QueueFigures {
    this.#turn();
    return queueFigures(this.#queues.get(queue) ?? emptySums());
  }

  /** @param startsAt of the quarter of an hour the time belongs to */
  addAgent(agent: string, startsAt: number, delta: Readonly<Partial<AgentSums>>): void {
    if (!this.counts(startsAt)) return;
    let sums = this.#agents.get(agent);
    if (sums === undefined) this.#agents.set(agent, (sums = emptyAgentSums()));
    addAgentSums(sums, delta);
  }

  /** Whether something that begins then is of the day that lasts. */
  counts(at: number): boolean {
    this.#turn();
    return this.#dateOf(at) === this.#date;
  }

  /** A copy. */
  agent(agent: string): AgentSums {
    this.#turn();
    return { ...(this.#agents.get(agent) ?? emptyAgentSums()) };
  }

  /** Asked at every change and figure; a quarter of an hour has one date. */
  #dateOf(at: number): string {
    const quarter = quarterOf(at);
    if (quarter !== this.#asked.quarter) this.#asked = { quarter, date: this.calendar.dateOf(quarter) };
    return this.#asked.date;
  }

  #turn(): void {
    const today = this.#dateOf(this.clock.now());
    if (today === this.#date) return;
    this.#date = today;
    this.#queues.clear();
    this.#agents.clear();
  }
}
