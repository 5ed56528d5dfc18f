import type { Clock } from "@hotlinejs/core";

type Found = Readonly<Record<string, unknown>>;

/** Found records for a short while, in memory only; the oldest goes first. Keys are blind indexes, so that a memory dump shows no identity numbers beside the data. */
export class RecordCache {
  readonly #entries = new Map<string, { record: Found; until: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly size: number,
  ) {}

  get(key: string): Found | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > this.clock.monotonic()) return entry.record;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, record: Found, seconds: number): void {
    if (seconds <= 0 || this.size === 0) return;
    this.#entries.delete(key);
    this.#entries.set(key, { record, until: this.clock.monotonic() + seconds * 1000 });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.size) return;
      this.#entries.delete(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}
