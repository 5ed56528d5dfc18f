import type { PortPair } from "./rtp-sockets.js";

/**
 * Pairs of ports that are bound before anybody asks for them, so that a leg is there at once. The main thread
 * knows their numbers and takes one by opening a leg on it; others fill its place. What comes to them meanwhile is thrown away.
 */
export class PortStock {
  readonly #size: number;
  readonly #open: () => Promise<PortPair>;
  readonly #ready: (port: number) => void;
  readonly #pairs = new Map<number, PortPair>();
  #filling = false;
  #closed = false;

  /**
   * @param size how many are kept; 0: none
   * @param open may fail, when all ports are taken: then `fill` is to be called when one is free again
   * @param ready tells of each that is to be had
   */
  constructor(size: number, open: () => Promise<PortPair>, ready: (port: number) => void) {
    this.#size = size;
    this.#open = open;
    this.#ready = ready;
  }

  /** Makes up for what was taken, after the work of this turn. */
  fill(): void {
    if (this.#filling || this.#closed || this.#pairs.size >= this.#size) return;
    this.#filling = true;
    setImmediate(() => {
      void this.#fill().finally(() => (this.#filling = false));
    });
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
      if (this.#closed) return shut(pair);
      pair.rtp.onDatagram(ignore);
      pair.rtcp.onDatagram(ignore);
      this.#pairs.set(pair.port, pair);
      this.#ready(pair.port);
    }
  }

  /** The pair, for good; `undefined`: there is none of that port. */
  take(port: number): PortPair | undefined {
    const pair = this.#pairs.get(port);
    this.#pairs.delete(port);
    this.fill();
    return pair;
  }

  close(): void {
    this.#closed = true;
    for (const pair of this.#pairs.values()) shut(pair);
    this.#pairs.clear();
  }
}

function shut({ rtp, rtcp }: PortPair): void {
  rtp.close();
  rtcp.close();
}

const ignore = (): void => undefined;
