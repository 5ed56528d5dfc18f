import type { WireHealth } from "./protocol.js";

/** Milliseconds of a frame. */
export const TICK_MS = 20;
/** Samples of a frame. */
export const TICK_SAMPLES = 160;

export interface Tickable {
  /** Does the work of one frame; `tick` is its number, media time `tick * 160` samples. */
  tick(tick: number): void;
}

/** Order within a tick: what comes in over links and lines, then bridges, then legs, then what goes out to lines. */
export type TickPhase = 0 | 1 | 2 | 3;

/** Up to this many missed ticks are made up for; a longer standstill is skipped. */
const MAX_CATCH_UP = 10;
/** How long lateness is looked at as one, ms. */
const WINDOW_MS = 1_000;
/** Lateness below this is told once, after there was more: media are fine. */
const WORTH_TELLING_MS = 5;
/** Lateness histogram: quarter milliseconds up to 100 ms. */
const BUCKETS = 400;

/**
 * The one clock of a worker. Tick number n is due n x 20 ms after the start, whatever happened
 * before, so it does not drift. It runs only while something has asked for ticks.
 */
export class TickDriver {
  readonly #phases: readonly Set<Tickable>[] = [new Set(), new Set(), new Set(), new Set()];
  readonly #epoch = performance.now();
  readonly #fault: (what: Tickable, error: unknown) => void;
  readonly #wait: (ms: number) => void;
  readonly #lateness: (ms: number) => void;
  #window: number[] = [];
  #windowEnds = 0;
  #told = 0;
  readonly #late = new Uint32Array(BUCKETS);
  #recent = 0;
  #ticks = 0;
  #maxLate = 0;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param fault told when a tickable throws; it gets no more ticks.
   * @param wait blocks the thread for so many ms.
   * @param lateness told each second, while ticks run late, by how many ms three of four came in time or less late: a single standstill is
   * none, a thread that does not follow is. Told 0 or little once it follows again.
   */
  constructor(fault: (what: Tickable, error: unknown) => void, wait: (ms: number) => void, lateness: (ms: number) => void = () => undefined) {
    this.#fault = fault;
    this.#wait = wait;
    this.#lateness = lateness;
  }

  /** Media time in samples since the worker's start. */
  get mediaTime(): number {
    this.#recent = Math.floor((performance.now() - this.#epoch) * 8);
    return this.#recent;
  }

  /** Media time when it was last asked for: for what follows within the handling of one packet. */
  get recent(): number {
    return this.#recent;
  }

  /** Number of the latest tick that was due. */
  get current(): number {
    return Math.floor((performance.now() - this.#epoch) / TICK_MS);
  }

  /** Milliseconds until the next tick is due; infinite while nothing asks for ticks. */
  untilNext(now: number): number {
    return this.#timer === undefined ? Infinity : this.#epoch + this.#next * TICK_MS - now;
  }

  add(what: Tickable, phase: TickPhase): void {
    this.#set(phase).add(what);
    if (this.#timer === undefined) {
      this.#next = this.current + 1;
      this.#schedule();
    }
  }

  remove(what: Tickable, phase: TickPhase): void {
    this.#set(phase).delete(what);
  }

  /** Lateness since the last call. */
  health(): Pick<WireHealth, "tickP99Ms" | "tickMaxMs"> {
    let left = Math.ceil(this.#ticks * 0.01);
    let p99 = 0;
    for (let i = BUCKETS - 1; i >= 0 && left > 0; i--) {
      left -= this.#late[i] as number;
      p99 = (i + 1) / 4;
    }
    const result = { tickP99Ms: Math.min(p99, this.#maxLate), tickMaxMs: this.#maxLate };
    this.#late.fill(0);
    this.#ticks = 0;
    this.#maxLate = 0;
    return result;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const set of this.#phases) set.clear();
  }

  #note(now: number, late: number): void {
    // What was seen before a rest says nothing of now.
    if (now - this.#windowEnds > WINDOW_MS) {
      this.#window = [];
      this.#windowEnds = now + WINDOW_MS;
    }
    this.#window.push(late);
    if (now < this.#windowEnds) return;
    const sorted = this.#window.sort((a, b) => a - b);
    const typical = sorted[Math.ceil(sorted.length * 0.75) - 1] as number;
    if (typical >= WORTH_TELLING_MS || this.#told >= WORTH_TELLING_MS) this.#lateness(typical);
    this.#told = typical;
    this.#window = [];
    this.#windowEnds = now + WINDOW_MS;
  }

  #set(phase: TickPhase): Set<Tickable> {
    return this.#phases[phase] as Set<Tickable>;
  }

  #schedule(): void {
    const wait = this.#epoch + this.#next * TICK_MS - performance.now();
    // The event loop's timers know whole milliseconds: it is woken a little early, and the rest is waited for exactly.
    this.#timer = setTimeout(this.#run, Math.max(0, Math.floor(wait)));
  }

  readonly #run = (): void => {
    // Whatever happens, all else that lives by the beat goes on.
    try {
      this.#catchUp();
    } finally {
      if (this.#phases.some((set) => set.size > 0)) this.#schedule();
      else this.#timer = undefined;
    }
  };

  #catchUp(): void {
    const early = this.#epoch + this.#next * TICK_MS - performance.now();
    if (early > 0) this.#wait(early);
    const now = performance.now();
    const late = Math.max(0, now - (this.#epoch + this.#next * TICK_MS));
    this.#ticks++;
    if (late > this.#maxLate) this.#maxLate = late;
    const bucket = Math.min(BUCKETS - 1, Math.floor(late * 4));
    this.#late[bucket] = (this.#late[bucket] as number) + 1;
    this.#note(now, late);
    // Also when the wait ended a little early: the tick it was for is due.
    const due = Math.max(this.#next, Math.floor((now - this.#epoch) / TICK_MS));
    this.#recent = Math.floor((now - this.#epoch) * 8);
    if (due - this.#next > MAX_CATCH_UP) this.#next = due;
    while (this.#next <= due) {
      const tick = this.#next++;
      for (const set of this.#phases) {
        for (const what of set) {
          try {
            what.tick(tick);
          } catch (error) {
            set.delete(what);
            this.#fault(what, error);
          }
        }
      }
    }
  }
}
