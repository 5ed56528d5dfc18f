import { setImmediate as nextTurn } from "node:timers/promises";
import type { DatagramHandler, MediaSocket } from "./media-socket.js";
import type { PortPair } from "./rtp-sockets.js";

/** A peer may be told of a port a moment before this thread hears that it is taken. What has come for so long, ms, is the new leg's. */
const EARLY_MS = 100;
/** Datagrams that are kept for it. */
const MOST_EARLY = 32;

/**
 * Pairs of ports that are bound before anybody asks for them, so that a leg is there at once. The main thread
 * knows their numbers and takes one by opening a leg on it; others fill its place. What came to a port earlier than just before that is thrown away.
 */
export class PortStock {
  readonly #size: number;
  readonly #open: () => Promise<PortPair>;
  readonly #ready: (port: number) => void;
  readonly #now: () => number;
  readonly #pairs = new Map<number, { readonly pair: PortPair; readonly early: readonly [Early, Early] }>();
  #filling: Promise<void> | undefined;
  #closed = false;

  /**
   * @param size how many are kept; 0: none
   * @param open may fail, when all ports are taken: then `fill` is to be called when one is free again
   * @param ready tells of each that is to be had
   * @param now monotonic ms
   */
  constructor(size: number, open: () => Promise<PortPair>, ready: (port: number) => void, now: () => number) {
    this.#now = now;
    this.#size = size;
    this.#open = open;
    this.#ready = ready;
  }

  /** Makes up for what was taken, after the work of this turn. */
  fill(): void {
    if (this.#filling !== undefined || this.#closed || this.#pairs.size >= this.#size) return;
    this.#filling = nextTurn()
      .then(() => this.#fill())
      .finally(() => (this.#filling = undefined));
  }

  /** Resolves when no pair is on its way into the stock: all that are there have been told of. */
  async settled(): Promise<void> {
    await this.#filling;
  }

  async #fill(): Promise<void> {
    while (!this.#closed && this.#pairs.size < this.#size) {
      let pair: PortPair;
      try {
        pair = await this.#open();
      } catch {
        // Whoever asks for a leg is told why there is none.
        return;
      }
      if (this.#closed) return pair.close();
      this.#pairs.set(pair.port, { pair, early: [new Early(pair.rtp, this.#now), new Early(pair.rtcp, this.#now)] });
      this.#ready(pair.port);
    }
  }

  /** The pair, for good; `undefined`: there is none of that port. */
  take(port: number): PortPair | undefined {
    const held = this.#pairs.get(port);
    this.#pairs.delete(port);
    this.fill();
    for (const early of held?.early ?? []) early.release();
    return held?.pair;
  }

  close(): void {
    this.#closed = true;
    for (const { pair } of this.#pairs.values()) pair.close();
    this.#pairs.clear();
  }
}

/** Keeps what comes to a socket, as far as whoever takes it may want it. */
class Early {
  readonly #socket: MediaSocket;
  readonly #now: () => number;
  #came: { readonly at: number; readonly octets: Uint8Array; readonly address: string; readonly port: number }[] = [];

  constructor(socket: MediaSocket, now: () => number) {
    this.#socket = socket;
    this.#now = now;
    socket.onDatagram((octets, { address, port }) => {
      if (this.#came.push({ at: now(), octets: octets.slice(), address, port }) > MOST_EARLY) this.#came.shift();
    });
  }

  /** Whoever is the next to listen hears of what has just come, once it is set up. */
  release(): void {
    const since = this.#now() - EARLY_MS;
    const came = this.#came.filter(({ at }) => at >= since);
    const socket = this.#socket;
    if (came.length === 0) return;
    const listen = socket.onDatagram.bind(socket);
    socket.onDatagram = (handler: DatagramHandler) => {
      socket.onDatagram = listen;
      listen(handler);
      queueMicrotask(() => {
        for (const { octets, address, port } of came) handler(octets, { address, port });
      });
    };
  }
}
