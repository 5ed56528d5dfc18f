import { errorText } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";

/** Messages of a part in a worker: in order, and those that came before anybody listened are kept for the first who does. */
export class PartMailbox {
  readonly #hearers = new Set<(message: unknown) => void>();
  #early: unknown[] = [];

  constructor(
    private readonly id: string,
    private readonly log: Logger | undefined,
  ) {}

  listen(listener: (message: unknown) => void): () => void {
    this.#hearers.add(listener);
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.deliver(message);
    return () => this.#hearers.delete(listener);
  }

  deliver(message: unknown): void {
    if (this.#hearers.size === 0) this.#early.push(message);
    for (const hearer of [...this.#hearers]) {
      try {
        hearer(message);
      } catch (error) {
        this.log?.error({ legId: this.id }, `listener of a part in a media worker failed: ${errorText(error)}`);
      }
    }
  }
}
