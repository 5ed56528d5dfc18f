import type { Clock } from "@hotlinejs/core";

const MOST_KEYS = 10_000;

/** So many of one key within a span. In memory: a restart is forgiving. */
export class RateWindow {
  readonly #times = new Map<string, number[]>();

  constructor(
    private readonly clock: Clock,
    private readonly most: number,
    private readonly spanMs: number,
  ) {}

  /** Counts one; when it is too many, does not and returns the ms to wait. */
  take(key: string): number | undefined {
    const now = this.clock.now();
    const recent = (this.#times.get(key) ?? []).filter((at) => at > now - this.spanMs);
    const [oldest] = recent;
    if (recent.length >= this.most && oldest !== undefined) return oldest + this.spanMs - now;
    this.#times.delete(key);
    this.#times.set(key, [...recent, now]);
    for (const first of this.#times.keys()) {
      if (this.#times.size <= MOST_KEYS) break;
      this.#times.delete(first);
    }
    return undefined;
  }
}
