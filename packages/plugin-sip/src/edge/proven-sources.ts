import type { Clock } from "@hotlinejs/core";

/** A source that has proved an account counts as known for so long after: a phone that registers for an hour comes back by then. */
const KEPT_MS = 3_600_000;
/** Each has cost its sender an account's password; the one that proved itself longest ago goes. */
const MAX_SOURCES = 10_000;

/** Addresses where an account has proved itself by digest within the last hour. Nonces are good for one address only: nobody can forge another's proof. */
export class ProvenSources {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(address: string): void {
    this.#until.delete(address);
    this.#until.set(address, this.#clock.monotonic() + KEPT_MS);
    const oldest = this.#until.size > MAX_SOURCES ? this.#until.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.#until.delete(oldest.value);
  }

  has(address: string): boolean {
    const until = this.#until.get(address);
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#until.delete(address);
    return false;
  }
}
