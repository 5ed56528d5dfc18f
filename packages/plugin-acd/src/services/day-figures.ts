import type { BusinessCalendar, Clock } from "@hotlinejs/core";
import { addSums, emptySums, queueFigures, type QueueDelta, type QueueFigures, type QueueSums } from "../domain/queue-figures.js";

/** The sums of the business day that lasts, kept along with the facts: live figures cost no query. */
export class DayFigures {
  #date = "";
  readonly #queues = new Map<string, QueueSums>();

  constructor(
    private readonly clock: Clock,
    private readonly calendar: BusinessCalendar,
  ) {}

  /** @param enteredAt who came yesterday and leaves today counts for yesterday */
  add(queue: string, enteredAt: number, delta: QueueDelta): void {
    this.#turn();
    if (this.calendar.dateOf(enteredAt) !== this.#date) return;
    let sums = this.#queues.get(queue);
    if (sums === undefined) this.#queues.set(queue, (sums = emptySums()));
    addSums(sums, delta);
  }

  of(queue: string): QueueFigures {
    this.#turn();
    return queueFigures(this.#queues.get(queue) ?? emptySums());
  }

  #turn(): void {
    const today = this.calendar.dateOf(this.clock.now());
    if (today === this.#date) return;
    this.#date = today;
    this.#queues.clear();
  }
}
