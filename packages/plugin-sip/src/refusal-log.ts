import type { Clock, Logger } from "@hotlinejs/core";

const EVERY_MS = 60_000;
const MAX_SOURCES = 1_000;

/** Tells an operator whose calls are refused, once a minute per source: scanners would fill the log otherwise. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sources = new Map<string, { since: number; more: number }>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  note(source: string, status: number): void {
    const now = this.#clock.now();
    const known = this.#sources.get(source);
    if (known !== undefined && now - known.since < EVERY_MS) {
      known.more += 1;
      return;
    }
    this.#log.info({ source, status, ...(known === undefined || known.more === 0 ? {} : { refusedBefore: known.more }) }, status === 403 ? "a call was refused: no trunk has this source address" : "a call was refused");
    this.#sources.delete(source);
    this.#sources.set(source, { since: now, more: 0 });
    if (this.#sources.size <= MAX_SOURCES) return;
    const oldest = this.#sources.keys().next();
    if (oldest.done !== true) this.#sources.delete(oldest.value);
  }
}
