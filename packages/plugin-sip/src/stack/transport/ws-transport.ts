import { isUtf8 } from "node:buffer";
import { SipError } from "../errors.js";
import type { QueuedTimer, TimerQueue } from "../timer-queue.js";
import { plainAddress } from "./addresses.js";
import type { Destination, Endpoint, MessageSource, Transport, TransportHandler, TransportLimits } from "./types.js";

/** An open WebSocket, whoever made it. */
export interface WsSocket {
  /** Sends one message. Must not throw; a socket that fails closes. */
  send(data: string | Buffer): void;
  /** Closes; `closed` may follow later. Idempotent. */
  close(): void;
}

/** What the owner of a socket tells the transport. */
export interface WsFlow {
  /** Name of the connection, as in `MessageSource.flow`. */
  readonly name: string;
  /** One WebSocket message. */
  message(data: string | Buffer): void;
  /** The socket is gone. Idempotent. */
  closed(): void;
}

const PONG = "\r\n";
const SWEEP_MS = 1_000;

interface Flow {
  readonly socket: WsSocket;
  readonly source: MessageSource;
  readonly openedAt: number;
  activeAt: number;
  heard: boolean;
}

/**
 * SIP over WebSocket (RFC 7118). It opens no connection: browsers come to us and are reached over what they
 * opened, for as long as it stands. One message is one SIP message, text where it is UTF-8, else binary.
 * The sockets are handed in, so that they can share a port with a web server.
 */
export class WsTransport implements Transport {
  readonly kind: "ws" | "wss";
  readonly reliable = true;
  readonly #limits: TransportLimits;
  readonly #timers: TimerQueue;
  readonly #flows = new Map<string, Flow>();
  /** How many each address has. */
  readonly #byAddress = new Map<string, number>();
  readonly #local: () => Endpoint;
  #handler: TransportHandler | undefined;
  #sweeper: QueuedTimer | undefined;
  #next = 0;

  constructor(kind: "ws" | "wss", local: () => Endpoint, limits: TransportLimits, timers: TimerQueue) {
    this.kind = kind;
    this.#local = local;
    this.#limits = limits;
    this.#timers = timers;
  }

  get local(): Endpoint {
    return this.#local();
  }

  get connections(): number {
    return this.#flows.size;
  }

  async start(handler: TransportHandler): Promise<void> {
    this.#handler = handler;
  }

  /** Takes a socket that has agreed on the subprotocol `sip`. `undefined`: not running or too many, and the socket was closed. */
  accept(socket: WsSocket, remote: Endpoint): WsFlow | undefined {
    const handler = this.#handler;
    const address = plainAddress(remote.address);
    const open = this.#byAddress.get(address) ?? 0;
    if (handler === undefined || this.#flows.size >= this.#limits.maxConnections || !handler.welcome(address, open)) {
      socket.close();
      return undefined;
    }
    this.#byAddress.set(address, open + 1);
    const name = `${this.kind}-${++this.#next}`;
    const now = this.#timers.now();
    const flow: Flow = { socket, openedAt: now, activeAt: now, heard: false, source: { kind: this.kind, address, port: remote.port, flow: name, local: this.local } };
    this.#flows.set(name, flow);
    if (this.#sweeper?.active !== true) this.#sweeper = this.#timers.start(SWEEP_MS, this.#sweep);
    return { name, message: (data) => this.#received(flow, data, handler), closed: () => this.#close(name, false) };
  }

  #received(flow: Flow, data: string | Buffer, handler: TransportHandler): void {
    if (this.#flows.get(flow.source.flow as string) !== flow) return;
    flow.activeAt = this.#timers.now();
    const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
    if (bytes.length <= 4 && /^(?:\r\n)*$/.test(bytes.toString("latin1"))) {
      // RFC 5626 section 4.4.1: two line ends ask, one answers.
      if (bytes.length === 4) flow.socket.send(PONG);
      return;
    }
    if (bytes.length > this.#limits.maxHeadBytes + this.#limits.maxBodyBytes) {
      this.#close(flow.source.flow as string, true);
      return;
    }
    flow.heard = true;
    handler.message(bytes, flow.source);
  }

  send(bytes: Buffer, destination: Destination, failed: (error: SipError) => void): void {
    const flow = destination.flow === undefined ? undefined : this.#flows.get(destination.flow);
    if (flow === undefined) {
      failed(new SipError("SIP_TRANSPORT_FAILED", "the WebSocket is closed", { host: destination.host, port: destination.port }));
      return;
    }
    flow.activeAt = this.#timers.now();
    flow.socket.send(isUtf8(bytes) ? bytes.toString("utf8") : bytes);
  }

  reaches(destination: Destination): boolean {
    return destination.flow !== undefined && this.#flows.has(destination.flow);
  }

  /** Closes the connections that have said nothing, or nothing for long. */
  readonly #sweep = (): void => {
    const now = this.#timers.now();
    const { firstMessageTimeoutMs, idleTimeoutMs } = this.#limits;
    for (const [name, flow] of [...this.#flows]) {
      if ((!flow.heard && now - flow.openedAt >= firstMessageTimeoutMs) || now - flow.activeAt >= idleTimeoutMs) this.#close(name, true);
    }
    if (this.#flows.size > 0) this.#sweeper = this.#timers.start(SWEEP_MS, this.#sweep);
  };

  #close(name: string, ours: boolean): void {
    const flow = this.#flows.get(name);
    if (flow === undefined) return;
    this.#flows.delete(name);
    const { address } = flow.source;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
    if (this.#flows.size === 0) this.#sweeper?.cancel();
    if (ours) flow.socket.close();
    this.#handler?.flowClosed(name);
  }

  disconnect(address: string): void {
    for (const [name, { source }] of [...this.#flows]) if (source.address === address) this.#close(name, true);
  }

  async stop(): Promise<void> {
    for (const name of [...this.#flows.keys()]) this.#close(name, true);
    this.#sweeper?.cancel();
    this.#handler = undefined;
  }
}
