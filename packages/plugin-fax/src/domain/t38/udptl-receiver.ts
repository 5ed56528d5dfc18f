import { decodeUdptl } from "./udptl.js";

export type UdptlArrival = { readonly kind: "ifp"; readonly octets: Uint8Array } | { readonly kind: "lost"; readonly count: number };

export interface UdptlReceiverOptions {
  /** How long a hole is kept open for a packet that was overtaken, ms. Default 150. */
  readonly waitMs?: number;
  /** How many later packets may pile up behind a hole. Default 10. */
  readonly maxWaiting?: number;
}

export interface UdptlCounts {
  received: number;
  /** Taken from the copies in a later packet. */
  recovered: number;
  lost: number;
  duplicates: number;
  malformed: number;
}

/** A jump by more than this is a peer that began anew, not loss. */
const RESTART = 1000;

/** Brings IFP packets in order, once each; fills holes from the copies in later packets and tells of those it cannot fill. */
export class UdptlReceiver {
  readonly counts: UdptlCounts = { received: 0, recovered: 0, lost: 0, duplicates: 0, malformed: 0 };
  readonly #waitMs: number;
  readonly #maxWaiting: number;
  #expected: number | undefined;
  readonly #waiting = new Map<number, Uint8Array>();
  #holeSince: number | undefined;

  constructor(options: UdptlReceiverOptions = {}) {
    this.#waitMs = options.waitMs ?? 150;
    this.#maxWaiting = options.maxWaiting ?? 10;
  }

  /** When `flush` has something to do, if at all. */
  get deadline(): number | undefined {
    return this.#holeSince === undefined ? undefined : this.#holeSince + this.#waitMs;
  }

  receive(datagram: Uint8Array, now: number): UdptlArrival[] {
    const packet = decodeUdptl(datagram);
    if (packet === undefined) {
      this.counts.malformed++;
      return [];
    }
    const { sequence, primary, secondary } = packet;
    this.#expected ??= (sequence - secondary.length) & 0xffff;
    if (Math.abs(distance(this.#expected, sequence)) > RESTART) {
      this.#expected = sequence;
      this.#waiting.clear();
    }
    if (this.#missing(sequence)) {
      this.counts.received++;
      this.#waiting.set(sequence, primary);
    } else this.counts.duplicates++;
    for (const [i, copy] of secondary.entries()) {
      const number = (sequence - 1 - i) & 0xffff;
      if (!this.#missing(number)) continue;
      this.counts.recovered++;
      this.#waiting.set(number, copy);
    }
    return this.#take(now);
  }

  /** Gives up holes that have stayed open too long. */
  flush(now: number): UdptlArrival[] {
    const { deadline } = this;
    return deadline !== undefined && now >= deadline ? this.#skip(now) : [];
  }

  #missing(sequence: number): boolean {
    return distance(this.#expected ?? sequence, sequence) >= 0 && !this.#waiting.has(sequence);
  }

  #take(now: number): UdptlArrival[] {
    const out = this.#run();
    if (this.#waiting.size === 0) this.#holeSince = undefined;
    else if (this.#waiting.size > this.#maxWaiting) out.push(...this.#skip(now));
    else if (out.length > 0 || this.#holeSince === undefined) this.#holeSince = now;
    return out;
  }

  /** What follows without a hole. */
  #run(): UdptlArrival[] {
    const out: UdptlArrival[] = [];
    let next = this.#expected ?? 0;
    for (let octets = this.#waiting.get(next); octets !== undefined; octets = this.#waiting.get(next)) {
      this.#waiting.delete(next);
      out.push({ kind: "ifp", octets });
      next = (next + 1) & 0xffff;
    }
    this.#expected = next;
    return out;
  }

  #skip(now: number): UdptlArrival[] {
    const expected = this.#expected ?? 0;
    const count = Math.min(...[...this.#waiting.keys()].map((sequence) => distance(expected, sequence)));
    this.counts.lost += count;
    this.#expected = (expected + count) & 0xffff;
    return [{ kind: "lost", count }, ...this.#take(now)];
  }
}

/** How far `b` is ahead of `a`, -32768 to 32767. */
function distance(a: number, b: number): number {
  return (((b - a) & 0xffff) ^ 0x8000) - 0x8000;
}
