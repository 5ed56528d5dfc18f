import { StreamFramer } from "../../src/stack/message/stream-framer.js";
import { DEFAULT_LIMITS } from "../../src/stack/transport/limits.js";
import type { Destination, MessageSource, Transport, TransportHandler } from "../../src/stack/index.js";

const LOCAL = { address: "192.0.2.1", port: 5060 };
const PEER = { address: "192.0.2.9", port: 5060 };

/** A network of one peer: what it sends arrives at once, what it is sent is kept until it was looked at. */
export class Wire implements Transport {
  readonly kind: "udp" | "tcp";
  readonly reliable: boolean;
  readonly local = LOCAL;
  readonly source: MessageSource;
  /** What went to the peer since it was last cleared. */
  readonly sent: Buffer[] = [];
  #handler: TransportHandler | undefined;

  constructor(kind: "udp" | "tcp") {
    this.kind = kind;
    this.reliable = kind === "tcp";
    this.source = { kind, ...PEER, local: LOCAL, ...(kind === "tcp" ? { flow: "peer" } : {}) };
  }

  start(handler: TransportHandler): Promise<void> {
    this.#handler = handler;
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#handler = undefined;
    return Promise.resolve();
  }

  send(bytes: Buffer): void {
    this.sent.push(bytes);
  }

  reaches(destination: Destination): boolean {
    return destination.kind === this.kind;
  }

  /** One datagram; over a stream, what the framer makes of these bytes, `chunk` at a time. */
  receive(bytes: Buffer, chunk: number): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    if (!this.reliable) {
      handler.message(bytes, this.source);
      return;
    }
    const framer = new StreamFramer(DEFAULT_LIMITS, {
      message: (one) => handler.message(one, this.source),
      ping: () => undefined,
      failed: (head, status) => void handler.framingError(head, status, this.source),
    });
    for (let at = 0; at < bytes.length; at += chunk) framer.push(bytes.subarray(at, at + chunk));
  }
}
