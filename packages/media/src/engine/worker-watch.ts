import type { Clock, Logger, Timer } from "@hotlinejs/core";
import { BEAT } from "../worker/protocol.js";
import { threadScheduler } from "../worker/thread.js";

/** How often a thread is looked at, ms. */
const LOOK_MS = 2_000;
/** The same once it was asked to stop. */
const HURRY_MS = 1_000;
/** So many looks in a row without a beat between them: it hangs. A worker beats five times a second. */
const LOOKS = 2;
/** The same while it has not come up yet: to load it may take long on a machine that is busy. */
const STARTING_LOOKS = 15;
/** A look that comes so much too late says that this thread, or the whole process, stood still itself, ms. */
const LATE_MS = 1_000;

/** How this thread knows of itself. */
export interface WatchSenses {
  /** Milliseconds of the machine, which never jump. A hotline's clock may be one of a test. */
  machineMs(): number;
  /** Whether a debugger may hold threads. */
  debugged(): boolean;
  /** Takes real-time turns from the thread of this number in the system. */
  takeTurns(thread: number): void;
}

const SENSES: WatchSenses = {
  machineMs: () => performance.now(),
  // Node may have been built without one.
  debugged: () => process.getBuiltinModule("node:inspector")?.url() !== undefined,
  takeTurns: (thread) => void threadScheduler().then((system) => system?.requestThreadRealtime(0, thread)),
};

/**
 * Finds out that a thread hangs: in a loop, or in a call that does not return. It adds to a number in shared memory five times a second, and this
 * thread looks at it every two seconds. Twice in a row without a beat, with this thread there in time for both, and it hangs: nothing
 * is done to it for what held both (a process that was stopped, a machine that slept, a main thread that was busy), nor while
 * Node's inspector is open, since a breakpoint holds a thread.
 *
 * At the first look without a beat, whenever it comes, it loses its real-time turns: in a loop it would leave this thread a twentieth of the only
 * processor, and make each look too late to count. One that cannot be ended would do so for ever. One that lives asks for them again.
 *
 * ```
 * begin() --> starting --ready()--> watched --hurry()--> watched closely ; hangs: told once, then over; end() from anywhere --> over
 * ```
 */
export class WorkerWatch {
  /** Int32s, by `BEAT`. */
  readonly beat = new SharedArrayBuffer(12);
  readonly #beats = new Int32Array(this.beat);
  readonly #clock: Clock;
  readonly #hung: (stillMs: number) => void;
  readonly #senses: WatchSenses;
  readonly #log: Logger | undefined;
  #every = LOOK_MS;
  #limit = STARTING_LOOKS;
  #timer: Timer | undefined;
  #seen = 0;
  #lookedAt = 0;
  #still = 0;
  #stillMs = 0;

  /** @param hung told once, with the time for which nothing moved for certain. */
  constructor(clock: Clock, hung: (stillMs: number) => void, senses: Partial<WatchSenses> = {}, log?: Logger) {
    this.#clock = clock;
    this.#hung = hung;
    this.#senses = { ...SENSES, ...senses };
    this.#log = log;
  }

  /** It had not moved when it was last looked at, though it might have. */
  get doubtful(): boolean {
    return this.#still > 0 && this.#limit === LOOKS;
  }

  begin(): void {
    this.#lookedAt = this.#senses.machineMs();
    this.#timer = this.#clock.setInterval(() => this.#look(), this.#every);
  }

  /** The thread has come up. */
  ready(): void {
    this.#limit = LOOKS;
    this.#forget();
  }

  /** It is to stop: looked at more often. */
  hurry(): void {
    if (this.#timer === undefined) return;
    this.end();
    this.#every = HURRY_MS;
    this.#limit = LOOKS;
    this.begin();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #forget(): void {
    this.#still = 0;
    this.#stillMs = 0;
  }

  #takeTurns(): void {
    const thread = Atomics.load(this.#beats, BEAT.thread);
    if (thread !== 0 && Atomics.exchange(this.#beats, BEAT.turnsTaken, 1) === 0) this.#senses.takeTurns(thread);
  }

  #look(): void {
    const now = this.#senses.machineMs();
    const passed = now - this.#lookedAt;
    this.#lookedAt = now;
    const beats = Atomics.load(this.#beats, BEAT.beats);
    if (beats !== this.#seen) {
      this.#seen = beats;
      return this.#forget();
    }
    this.#takeTurns();
    if (passed > this.#every + LATE_MS || passed < this.#every / 2) return this.#forget();
    this.#still++;
    this.#stillMs += passed;
    if (this.#still < this.#limit) return;
    if (this.#senses.debugged()) {
      this.#log?.warn({}, "a media worker stands still; it is not ended while a debugger may hold it");
      return this.#forget(); // let go, it needs a moment to beat again
    }
    this.end();
    this.#hung(this.#stillMs);
  }
}
