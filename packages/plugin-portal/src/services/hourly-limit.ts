import type { Clock } from "@hotlinejs/core";
import { sourceOf } from "@hotlinejs/core";

const HOUR_MS = 3_600_000;
const MOST_ADDRESSES = 10_000;

/** So many filings, or calls, of one address (a /64 of IPv6) in an hour. In memory: a restart is forgiving. */
export class HourlyLimit {
  readonly #filed = new Map<string, number[]>();

  constructor(
    private readonly clock: Clock,
    private readonly perHour: number,
  ) {}

  /** Minutes to wait; `undefined` when one more is fine. */
  waitFor(address: string): number | undefined {
    const recent = this.#recent(address);
    const [oldest] = recent;
    return recent.length < this.perHour || oldest === undefined ? undefined : Math.max(1, Math.ceil((oldest + HOUR_MS - this.clock.now()) / 60_000));
  }

  count(address: string): void {
    const recent = this.#recent(address);
    const source = sourceOf(address);
    this.#filed.delete(source);
    this.#filed.set(source, [...recent, this.clock.now()]);
    for (const oldest of this.#filed.keys()) {
      if (this.#filed.size <= MOST_ADDRESSES) break;
      this.#filed.delete(oldest);
    }
  }

  #recent(address: string): readonly number[] {
    const from = this.clock.now() - HOUR_MS;
    return (this.#filed.get(sourceOf(address)) ?? []).filter((at) => at > from);
  }
}
