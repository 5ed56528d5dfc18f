import type { Activity, Clock, Timer } from "../contracts/time.js";
import { ActivityCounter } from "./activity-counter.js";
import { sleepOn } from "./system-clock.js";

interface Entry {
  at: number;
  order: number;
  readonly fn: () => void;
  readonly every: number | undefined;
  cancelled: boolean;
}

/**
 * Time that moves only when told, for tests. Timers fire in order of their time, then of their
 * making. Between two timers everything that was set off is given the chance to settle.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #start: number;
  /** By so much the time of day was set. */
  #set = 0;
  #order = 0;
  #entries: Entry[] = [];

  /** @param start epoch ms; default 2026-03-02T01:00:00Z, a Monday 09:00 in Shanghai. */
  constructor(start = Date.UTC(2026, 2, 2, 1, 0, 0)) {
    this.#now = start;
    this.#start = start;
  }

  now(): number {
    return this.#now + this.#set;
  }

  /** The clock is set (NTP, by hand): the time of day is another one, what has passed is not. Timers fall due as before. */
  set(ms: number): void {
    this.#set += ms;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  setTimeout(fn: () => void, ms: number): Timer {
    return this.#add(fn, ms, undefined);
  }

  setInterval(fn: () => void, ms: number): Timer {
    return this.#add(fn, Math.max(1, ms), Math.max(1, ms));
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#entries.length;
  }

  /** When the next timer is due, if any. */
  get nextAt(): number | undefined {
    const at = this.#entries[0]?.at;
    return at === undefined ? undefined : at + this.#set;
  }

  /**
   * Moves on by `ms`, firing what falls due in order. After each timer it waits until nothing is in
   * flight, so what a timer set off has happened before the next one fires.
   */
  async advance(ms: number, activity?: Activity): Promise<void> {
    const end = this.#now + ms;
    await settle(activity);
    for (;;) {
      const next = this.#entries[0];
      if (next === undefined || next.at > end) break;
      this.#entries.shift();
      if (next.cancelled) continue;
      this.#now = Math.max(this.#now, next.at);
      // The same entry again, so that the handle that was given out still cancels it.
      if (next.every !== undefined) this.#insert(Object.assign(next, { at: next.at + next.every, order: this.#order++ }));
      next.fn();
      await settle(activity);
    }
    this.#now = end;
    await settle(activity);
  }

  #add(fn: () => void, ms: number, every: number | undefined): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, Number.isFinite(ms) ? ms : 0), order: this.#order++, fn, every, cancelled: false };
    this.#insert(entry);
    return { cancel: () => this.#cancel(entry) };
  }

  #insert(entry: Entry): void {
    this.#entries.splice(this.#place(entry), 0, entry);
  }

  /** Where an entry stands, or would. */
  #place(entry: Entry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (other !== undefined && (other.at < entry.at || (other.at === entry.at && other.order < entry.order))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #cancel(entry: Entry): void {
    if (entry.cancelled) return;
    entry.cancelled = true;
    const at = this.#place(entry);
    if (this.#entries[at] === entry) this.#entries.splice(at, 1);
  }
}

/** Real milliseconds that counted work may take before time moves on without it: it may itself be waiting for time. */
const PATIENCE_MS = 400;

/** Lets promises and I/O callbacks run, and waits until the counted work is done. */
async function settle(activity: Activity | undefined): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (activity === undefined || activity.inFlight === 0) continue;
    let handle: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      handle = setTimeout(() => {
        if (activity instanceof ActivityCounter) activity.waited(PATIENCE_MS);
        resolve();
      }, PATIENCE_MS);
    });
    await Promise.race([activity.idle(), patience]);
    clearTimeout(handle);
  }
}
