import type { StackClock, StackTimer } from "./clock.js";

/** A timer in the queue. `cancel` may be called at any time, any number of times. */
export interface QueuedTimer extends StackTimer {
  readonly active: boolean;
}

class Entry implements QueuedTimer {
  next: Entry | undefined;
  previous: Entry | undefined;
  run: (() => void) | undefined;
  readonly list: TimerList;
  readonly due: number;

  constructor(list: TimerList, due: number, run: () => void) {
    this.list = list;
    this.due = due;
    this.run = run;
  }

  get active(): boolean {
    return this.run !== undefined;
  }

  cancel(): void {
    if (this.run === undefined) return;
    this.run = undefined;
    this.list.unlink(this);
  }
}

/** Timers of one duration: those set later are due later, so that adding and removing cost nothing. */
class TimerList {
  head: Entry | undefined;
  tail: Entry | undefined;
  readonly queue: TimerQueue;
  readonly duration: number;

  constructor(queue: TimerQueue, duration: number) {
    this.queue = queue;
    this.duration = duration;
  }

  push(entry: Entry): void {
    entry.previous = this.tail;
    if (this.tail === undefined) this.head = entry;
    else this.tail.next = entry;
    this.tail = entry;
  }

  unlink(entry: Entry): void {
    if (entry.previous === undefined) this.head = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.tail = entry.previous;
    else entry.next.previous = entry.previous;
    entry.next = entry.previous = undefined;
    this.queue.removed(this);
  }
}

/** So many lists stay although they are empty: the usual durations come again with the next call. */
const KEPT_LISTS = 16;

/**
 * All timers of a user agent behind one timer of the clock. SIP timers come in a handful of durations and
 * most are cancelled, so there is one list per duration instead of a heap.
 */
export class TimerQueue {
  readonly #clock: StackClock;
  readonly #lists = new Map<number, TimerList>();
  #armed: StackTimer | undefined;
  #armedFor = Infinity;
  #size = 0;
  #running = false;

  constructor(clock: StackClock) {
    this.#clock = clock;
  }

  /** Timers waiting. */
  get size(): number {
    return this.#size;
  }

  /** The reading timers are measured by, in ms. */
  now(): number {
    return this.#clock.monotonic === undefined ? this.#clock.now() : this.#clock.monotonic();
  }

  /** Runs `fn` once after `ms`. */
  start(ms: number, fn: () => void): QueuedTimer {
    const duration = ms > 0 ? Math.ceil(ms) : 0;
    let list = this.#lists.get(duration);
    if (list === undefined) {
      list = new TimerList(this, duration);
      this.#lists.set(duration, list);
    }
    const entry = new Entry(list, this.now() + duration, fn);
    list.push(entry);
    this.#size++;
    if (entry.due < this.#armedFor && !this.#running) this.#arm(entry.due, duration);
    return entry;
  }

  /** Cancels everything. */
  clear(): void {
    for (const list of [...this.#lists.values()]) for (let entry = list.head; entry !== undefined; entry = list.head) entry.cancel();
    this.#disarm();
  }

  /** A list lost an entry. */
  removed(list: TimerList): void {
    this.#size--;
    if (list.head === undefined && this.#lists.size > KEPT_LISTS) this.#lists.delete(list.duration);
    if (this.#size === 0 && !this.#running) this.#disarm();
  }

  #arm(due: number, ms: number): void {
    this.#armed?.cancel();
    this.#armedFor = due;
    this.#armed = this.#clock.setTimeout(this.#fire, ms);
  }

  #disarm(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
    this.#armedFor = Infinity;
  }

  readonly #fire = (): void => {
    this.#armed = undefined;
    this.#armedFor = Infinity;
    const now = this.now();
    this.#running = true;
    try {
      // Timers set while these run are due later, or at the next turn when they ask for 0 ms.
      for (const entry of this.#collect(now)) {
        const { run } = entry;
        entry.cancel();
        run?.();
      }
    } finally {
      this.#running = false;
      let next = Infinity;
      for (const list of this.#lists.values()) next = Math.min(next, list.head?.due ?? Infinity);
      if (next !== Infinity) this.#arm(next, Math.max(0, Math.ceil(next - this.now())));
    }
  };

  /** Due entries in the order of their time. */
  #collect(now: number): Entry[] {
    const due: Entry[] = [];
    for (const list of this.#lists.values()) {
      for (let entry = list.head; entry !== undefined && entry.due <= now; entry = entry.next) due.push(entry);
    }
    return due.length > 1 ? due.sort((a, b) => a.due - b.due) : due;
  }
}
