import { encodeUdptl } from "./udptl.js";

export interface UdptlSenderOptions {
  /** Copies of earlier packets carried along, 0-8. Default 3. */
  readonly redundancy?: number;
  /** Most octets of a datagram the peer takes (`T38FaxMaxDatagram`). Copies that do not fit stay away. Default 400. */
  readonly maxDatagram?: number;
}

/** Numbers outgoing IFP packets and repeats the last ones in each datagram. */
export class UdptlSender {
  readonly #redundancy: number;
  readonly #maxDatagram: number;
  #sequence = 0;
  #recent: Uint8Array[] = [];
  #last: Uint8Array | undefined;

  constructor(options: UdptlSenderOptions = {}) {
    this.#redundancy = options.redundancy ?? 3;
    this.#maxDatagram = options.maxDatagram ?? 400;
  }

  send(ifp: Uint8Array): Uint8Array {
    const secondary: Uint8Array[] = [];
    let size = ifp.length + 6;
    for (const copy of this.#recent) {
      size += copy.length + 2;
      if (size > this.#maxDatagram) break;
      secondary.push(copy);
    }
    const datagram = encodeUdptl({ sequence: this.#sequence, primary: ifp, secondary });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#recent = [ifp, ...this.#recent].slice(0, this.#redundancy);
    this.#last = datagram;
    return datagram;
  }

  /** The last datagram once more, for the case that nothing follows which would carry a copy of it. */
  repeat(): Uint8Array | undefined {
    return this.#last;
  }
}
