import { randomBytes } from "node:crypto";

/** Between two probes, while datagrams come. */
const EVERY_MS = 100;
/** One that has not come by then was lost where the queue was full. */
const LOST_MS = 3_000;
const TOKEN = 12;

/**
 * How long a datagram waits in the socket before it is read: the system does not tell, so one of our own is sent to the socket itself
 * and waits with the others. Only while others come; at rest there is nothing to be measured.
 */
export class QueueProbe {
  readonly #send: (bytes: Buffer) => void;
  readonly #now: () => number;
  /** Nobody else can know it. */
  readonly #token = randomBytes(TOKEN);
  /** Under way, the oldest first: number and when it was sent. */
  readonly #sent = new Map<number, number>();
  #number = 0;
  #last = -Infinity;
  #measured: { readonly ms: number; readonly at: number } = { ms: 0, at: -Infinity };

  /** @param now real time in ms, since the queue is of the system's */
  constructor(send: (bytes: Buffer) => void, now: () => number = () => performance.now()) {
    this.#send = send;
    this.#now = now;
  }

  /** A datagram was read. True where it is a probe, and nothing else. */
  took(bytes: Buffer): boolean {
    const now = this.#now();
    const probe = bytes.length === TOKEN + 4 && bytes.compare(this.#token, 0, TOKEN, 0, TOKEN) === 0;
    if (probe) this.#back(bytes.readUInt32BE(TOKEN), now);
    else if (now - this.#last >= EVERY_MS) {
      this.#last = now;
      this.#number = (this.#number + 1) >>> 0;
      this.#sent.set(this.#number, now);
      const out = Buffer.alloc(TOKEN + 4);
      this.#token.copy(out);
      out.writeUInt32BE(this.#number, TOKEN);
      this.#send(out);
    }
    return probe;
  }

  /** The present wait, ms: of the last probe, or of one that has not come yet if that is longer. */
  get lagMs(): number {
    const now = this.#now();
    for (const [number, at] of this.#sent) {
      if (now - at < LOST_MS) return Math.max(now - at, this.#lastMeasured(now));
      this.#sent.delete(number);
    }
    return this.#lastMeasured(now);
  }

  /** A queue that was so long may be shorter by what has passed since: a standstill that is over keeps nobody out, and where it goes on a probe tells each 100 ms. */
  #lastMeasured(now: number): number {
    return Math.max(0, this.#measured.ms - (now - this.#measured.at));
  }

  /** Those before it have been lost: they wait in one line. */
  #back(number: number, now: number): void {
    const at = this.#sent.get(number);
    if (at === undefined) return;
    for (const earlier of this.#sent.keys()) {
      this.#sent.delete(earlier);
      if (earlier === number) break;
    }
    this.#measured = { ms: now - at, at: now };
  }
}
