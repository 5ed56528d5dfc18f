import { isUtf8 } from "node:buffer";
import { SipError } from "../errors.js";
import type { QueuedTimer, TimerQueue } from "../timer-queue.js";
import { plainAddress } from "./addresses.js";
import type { ConnectionPlace, ConnectionPlaces } from "./connection-places.js";
import type { Destination, Endpoint, MessageSource, Transport, TransportHandler, TransportLimits } from "./types.js";

/** An open WebSocket, whoever made it. */
export interface WsSocket {
  /** Sends one message. Must not throw; a socket that fails closes. */
  send(data: string | Buffer): void;
  /** Closes, with a code of RFC 6455 section 7.4 where one is given, after what was sent; `closed` may follow later. Idempotent. */
  close(code?: number, reason?: string): void;
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
/** Message too big (RFC 6455 section 7.4.1). */
const TOO_BIG = 1009;
const HEAD_END = Buffer.from("\r\n\r\n");

interface Flow {
  readonly socket: WsSocket;
  readonly source: MessageSource;
  readonly openedAt: number;
  activeAt: number;
  heard: boolean;
  readonly place: ConnectionPlace;
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
  readonly #places: ConnectionPlaces;
  readonly #flows = new Map<string, Flow>();
  /** How many each address has. */
  readonly #byAddress = new Map<string, number>();
  /** How many of these have said nothing yet. */
  readonly #silentByAddress = new Map<string, number>();
  /** Closed since they said nothing, since the start. */
  silent = 0;
  readonly #local: () => Endpoint;
  #handler: TransportHandler | undefined;
  #sweeper: QueuedTimer | undefined;
  #next = 0;

  constructor(kind: "ws" | "wss", local: () => Endpoint, limits: TransportLimits, timers: TimerQueue, places: ConnectionPlaces) {
    this.kind = kind;
    this.#local = local;
    this.#limits = limits;
    this.#timers = timers;
    this.#places = places;
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
    const name = `${this.kind}-${++this.#next}`;
    const welcome = handler !== undefined && handler.welcome(address, open, this.#silentByAddress.get(address) ?? 0);
    const place = welcome ? this.#places.enter({ givesWay: () => !handler.known(address), close: () => this.#close(name, true) }) : undefined;
    if (handler === undefined || place === undefined) {
      socket.close();
      return undefined;
    }
    this.#byAddress.set(address, open + 1);
    count(this.#silentByAddress, address, 1);
    const now = this.#timers.now();
    const flow: Flow = { socket, openedAt: now, activeAt: now, heard: false, place, source: { kind: this.kind, address, port: remote.port, flow: name, local: this.local } };
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
      this.#tooBig(flow, bytes, handler);
      return;
    }
    if (!flow.heard) count(this.#silentByAddress, flow.source.address, -1);
    flow.heard = true;
    flow.place.used();
    handler.message(bytes, flow.source);
  }

  /** Refused where its head can be read. What else its sender wants to say would be as long: the connection ends. */
  #tooBig(flow: Flow, bytes: Buffer, handler: TransportHandler): void {
    const end = bytes.indexOf(HEAD_END);
    const head = bytes.subarray(0, Math.min(this.#limits.maxHeadBytes, end < 0 ? bytes.length : end + HEAD_END.length));
    const reply = handler.framingError(head, 513, flow.source);
    if (reply !== undefined) flow.socket.send(isUtf8(reply) ? reply.toString("utf8") : reply);
    this.#close(flow.source.flow as string, true, TOO_BIG, "message too big");
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
      const mute = !flow.heard && now - flow.openedAt >= firstMessageTimeoutMs;
      if (mute) {
        this.silent++;
        this.#handler?.turnedAway("silent", flow.source.address);
      }
      if (mute || now - flow.activeAt >= idleTimeoutMs) this.#close(name, true);
    }
    if (this.#flows.size > 0) this.#sweeper = this.#timers.start(SWEEP_MS, this.#sweep);
  };

  #close(name: string, ours: boolean, code?: number, reason?: string): void {
    const flow = this.#flows.get(name);
    if (flow === undefined) return;
    this.#flows.delete(name);
    flow.place.leave();
    const { address } = flow.source;
    count(this.#byAddress, address, -1);
    if (!flow.heard) count(this.#silentByAddress, address, -1);
    if (this.#flows.size === 0) this.#sweeper?.cancel();
    if (ours) flow.socket.close(code, reason);
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

function count(counts: Map<string, number>, address: string, change: number): void {
  const left = (counts.get(address) ?? 0) + change;
  if (left > 0) counts.set(address, left);
  else counts.delete(address);
}
