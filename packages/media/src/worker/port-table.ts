/** So long a pair that somebody else holds is taken for held still, s. */
export const FOREIGN_S = 10;
/** Words before those of the pairs. */
const CURSOR = 0;
const FULL_UNTIL = 1;
const CHANGES = 2;
const PAIRS = 3;
/** Until one is let go. */
const OPEN_END = 0x7fff_ffff;
/** Between the mark of a pair that a worker uses and that of one it keeps ready. */
const READY = 1 << 20;

/** How a worker marks pairs. */
export type PairUse = "held" | "ready";

/**
 * What is known of the port pairs of one address, shared by the workers and the engine, so that none is tried which one of them holds, nor one
 * which somebody else was found to hold just now; and that a range without any is known to be so without a search.
 *
 * A pair is 0: free, as far as is known; negative: a worker's; positive: somebody else's, until that second of the machine.
 */
export class PortTable {
  readonly #words: Int32Array;
  readonly #first: number;
  readonly #now: () => number;
  /** How many there are. */
  readonly pairs: number;

  /**
   * @param memory of `PortTable.memory`
   * @param min first port of the range; the pairs begin with even ones
   * @param now monotonic seconds that are the same in all threads
   */
  constructor(memory: SharedArrayBuffer, min: number, now: () => number = machineSeconds) {
    this.#words = new Int32Array(memory);
    this.#first = min + (min & 1);
    this.pairs = this.#words.length - PAIRS;
    this.#now = now;
  }

  /** @param start where the first search begins */
  static memory(min: number, max: number, start: number): SharedArrayBuffer {
    const pairs = Math.max(0, Math.floor((max - (min + (min & 1)) + 1) / 2));
    const words = new Int32Array(new SharedArrayBuffer((PAIRS + pairs) * Int32Array.BYTES_PER_ELEMENT));
    words[CURSOR] = start;
    return words.buffer;
  }

  /** No pair is to be had: none is free, and none stands ready in a worker. It ends when one is let go, or may have been by somebody else. */
  get full(): boolean {
    return Atomics.load(this.#words, FULL_UNTIL) > this.#now();
  }

  /** The RTP port of the nth pair. */
  port(nth: number): number {
    return this.#first + nth * 2;
  }

  /** Where a search begins: no two at the same pair. */
  begin(): number {
    return (Atomics.add(this.#words, CURSOR, 1) >>> 0) % Math.max(1, this.pairs);
  }

  /** It has passed so many pairs that were none: the next one begins behind them. */
  passed(count: number): void {
    Atomics.add(this.#words, CURSOR, count);
  }

  /** Marks a pair that may be free, so that nobody else tries it. @returns false when it is not free. */
  claim(nth: number, worker: number, use: PairUse): boolean {
    const is = Atomics.load(this.#words, PAIRS + nth);
    if (is < 0 || is > this.#now()) return false;
    return Atomics.compareExchange(this.#words, PAIRS + nth, is, mark(worker, use)) === is;
  }

  /** A pair kept ready is used from now on. */
  use(port: number, worker: number): void {
    Atomics.compareExchange(this.#words, this.#word(port), mark(worker, "ready"), mark(worker, "held"));
  }

  /** A pair that was claimed is somebody else's. */
  foreign(nth: number): void {
    Atomics.store(this.#words, PAIRS + nth, this.#now() + FOREIGN_S);
    this.#changed();
  }

  /** A pair of this worker is free. */
  release(port: number, worker: number): void {
    for (const use of ["held", "ready"] as const) Atomics.compareExchange(this.#words, this.#word(port), mark(worker, use), 0);
    this.#changed();
  }

  /** The worker is gone, and its sockets with it. */
  forget(worker: number): void {
    for (let nth = 0; nth < this.pairs; nth++) this.#forget(nth, worker);
    this.#changed();
  }

  #forget(nth: number, worker: number): void {
    for (const use of ["held", "ready"] as const) Atomics.compareExchange(this.#words, PAIRS + nth, mark(worker, use), 0);
  }

  /** A search has found none. From now on `full` tells it, if that is so for all. */
  exhausted(): void {
    const changes = Atomics.load(this.#words, CHANGES);
    const now = this.#now();
    let until = OPEN_END;
    for (let nth = 0; nth < this.pairs; nth++) {
      const is = Atomics.load(this.#words, PAIRS + nth);
      if (is <= -READY || (is >= 0 && is <= now)) return;
      if (is > 0) until = Math.min(until, is);
    }
    Atomics.store(this.#words, FULL_UNTIL, until);
    // What changed meanwhile has been missed, or its own mark was overwritten.
    if (Atomics.load(this.#words, CHANGES) !== changes) Atomics.store(this.#words, FULL_UNTIL, 0);
  }

  #changed(): void {
    Atomics.add(this.#words, CHANGES, 1);
    Atomics.store(this.#words, FULL_UNTIL, 0);
  }

  #word(port: number): number {
    return PAIRS + (port - this.#first) / 2;
  }
}

function mark(worker: number, use: PairUse): number {
  return use === "held" ? -1 - worker : -READY - 1 - worker;
}

function machineSeconds(): number {
  return process.hrtime()[0];
}
