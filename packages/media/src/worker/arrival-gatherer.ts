/** Longest wait, ms: what gathering adds to a packet's way. */
const WAIT_MS = 2;
/** Shorter waits gather nothing. */
const LEAST_WAIT_MS = 0.25;
/** Turns of the event loop with packets, per ms, from which gathering is worth it: below, its own waking costs as much as it saves. */
const BUSY_TURNS = 1;
/** How long turns are counted before the verdict, ms. */
const WATCH_MS = 100;
/** How long a verdict to gather holds, ms. Gathered turns tell nothing about how packets would come by themselves. */
const GATHER_FOR_MS = 1_000;

/** What the gatherer needs of the worker; `wait` blocks the thread. */
export interface GathererDeps {
  /** Monotonic ms. */
  now(): number;
  /** Milliseconds until the worker must send frames; what is due is not delayed. */
  untilTick(now: number): number;
  wait(ms: number): void;
  /** Runs `fn` once the packets that are there have been handled. */
  afterTurn(fn: () => void): void;
}

/**
 * Lets packets gather when they come one by one, as network cards moderate their interrupts: waking for every
 * packet costs more than the packet. Many callers at once come like that; where the network hands them over in
 * bunches nothing is delayed. Commands to the worker wait as long as packets, 2 ms at the most.
 *
 * ```
 * watching --a turn a millisecond or more, for 100 ms--> gathering --1 s--> watching
 * ```
 */
export class ArrivalGatherer {
  readonly #deps: GathererDeps;
  #gathering = false;
  #turns = 0;
  #since = 0;
  #planned = false;

  constructor(deps: GathererDeps) {
    this.#deps = deps;
  }

  get gathering(): boolean {
    return this.#gathering;
  }

  /** To be called for every packet. */
  arrived(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#deps.afterTurn(this.#turnEnds);
  }

  readonly #turnEnds = (): void => {
    this.#planned = false;
    this.#turns++;
    const now = this.#deps.now();
    const elapsed = now - this.#since;
    if (elapsed >= (this.#gathering ? GATHER_FOR_MS : WATCH_MS)) {
      this.#gathering = !this.#gathering && this.#turns >= elapsed * BUSY_TURNS;
      this.#turns = 0;
      this.#since = now;
    }
    if (!this.#gathering) return;
    const wait = Math.min(WAIT_MS, this.#deps.untilTick(now));
    if (wait >= LEAST_WAIT_MS) this.#deps.wait(wait);
  };
}
