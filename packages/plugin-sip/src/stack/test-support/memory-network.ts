import type { StackClock } from "../clock.js";
import { SipError } from "../errors.js";
import { type RandomSource, seededRandom } from "../random.js";
import type { Destination, Endpoint, Transport, TransportHandler } from "../transport/types.js";

/** What the network does to datagrams. Probabilities 0-1, delays in ms. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplication: number;
  /** Each copy takes `delay` plus up to `jitter`, so that datagrams overtake each other. */
  readonly delay: number;
  readonly jitter: number;
  /** Share held up by two more T1 (1 s), so that whatever is sent again overtakes it. Default 0. */
  readonly reorder?: number;
}

/** A datagram as it went out, before the network did anything to it. */
export interface SentDatagram {
  readonly at: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly bytes: Buffer;
  readonly text: string;
}

/** Datagrams between addresses in memory, on a fake clock, with seeded loss, duplication and reordering. */
export class MemoryNetwork {
  readonly sent: SentDatagram[] = [];
  faults: NetworkFaults = { loss: 0, duplication: 0, delay: 5, jitter: 0 };
  /** When set, decides for each datagram whether it is lost, after the random faults. */
  drop: ((datagram: SentDatagram) => boolean) | undefined;
  /** When set, what arrives in place of a datagram's text: a proxy, or a peer of other habits. */
  rewrite: ((text: string, from: Endpoint) => string) | undefined;
  readonly #clock: StackClock;
  readonly #random: RandomSource;
  readonly #ports = new Map<string, (bytes: Buffer, from: Endpoint) => void>();

  constructor(clock: StackClock, seed = 1) {
    this.#clock = clock;
    this.#random = seededRandom(seed);
  }

  /** A transport for a user agent. */
  transport(address: string, port = 5060): Transport {
    const local: Endpoint = { address, port };
    return {
      kind: "udp", reliable: false, local,
      start: async (handler: TransportHandler) => {
        if (this.#ports.has(key(local))) throw new SipError("SIP_ADDRESS_IN_USE", "taken", { address, port, transport: "udp" });
        this.#ports.set(key(local), (bytes, from) => handler.message(bytes, { kind: "udp", address: from.address, port: from.port, local }));
      },
      stop: async () => void this.#ports.delete(key(local)),
      send: (bytes: Buffer, destination: Destination) => this.send(bytes, local, { address: destination.host, port: destination.port }),
      reaches: () => true,
    };
  }

  /** A bare port: hears every datagram, sends what it likes. */
  port(address: string, port: number, heard: (text: string, from: Endpoint) => void): { send(text: string, to: Endpoint): void; close(): void } {
    const local: Endpoint = { address, port };
    this.#ports.set(key(local), (bytes, from) => heard(bytes.toString("utf8"), from));
    return { send: (text, to) => this.send(Buffer.from(text, "utf8"), local, to), close: () => void this.#ports.delete(key(local)) };
  }

  send(written: Buffer, from: Endpoint, to: Endpoint): void {
    const bytes = this.rewrite === undefined ? written : Buffer.from(this.rewrite(written.toString("latin1"), from), "latin1");
    const datagram: SentDatagram = { at: this.#clock.now(), from, to, bytes, text: bytes.toString("utf8") };
    this.sent.push(datagram);
    const { loss, duplication, delay, jitter, reorder = 0 } = this.faults;
    const copies = this.#random.number() < duplication ? 2 : 1;
    const lost = this.#random.number() < loss;
    for (let i = 0; i < copies; i++) {
      const late = delay + this.#random.number() * jitter + (reorder > 0 && this.#random.number() < reorder ? 1_000 : 0);
      if ((lost && i === 0) || this.drop?.(datagram) === true) continue;
      this.#clock.setTimeout(() => this.#ports.get(key(to))?.(Buffer.from(bytes), from), late);
    }
  }

  /** First lines of what was sent, `from>to line`. */
  trace(): string[] {
    return this.sent.map(({ from, to, text }) => `${from.address}>${to.address} ${text.slice(0, text.indexOf("\r\n"))}`);
  }
}

const key = ({ address, port }: Endpoint): string => `${address}:${port}`;
