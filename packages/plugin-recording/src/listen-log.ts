import type { Clock } from "@hotlinejs/core";

/** Requests of one person for one recording within this time are one listen. */
const LISTEN_MS = 10 * 60_000;
const MOST_ENTRIES = 10_000;

/** Tells a new listen from further ranges of one going on. */
export class ListenLog {
  private readonly last = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  isNew(actor: string, recordingId: string): boolean {
    const key = `${actor}\n${recordingId}`;
    const now = this.clock.monotonic();
    const before = this.last.get(key);
    if (before !== undefined && now - before < LISTEN_MS) return false;
    this.last.delete(key);
    this.last.set(key, now);
    for (const [oldest, at] of this.last) {
      if (this.last.size <= MOST_ENTRIES && now - at < LISTEN_MS) break;
      this.last.delete(oldest);
    }
    return true;
  }
}
