import { SipError } from "../errors.js";
import { printable, type StackLog } from "../log.js";
import { parseMessage, type Problem } from "../message/parser.js";
import { SipRequest, type SipResponse } from "../message/message.js";
import type { TimerQueue } from "../timer-queue.js";
import { bracketed, isWildcard, localAddressTowards, plainAddress } from "./addresses.js";
import { ConnectionPlaces } from "./connection-places.js";
import { TcpTransport } from "./tcp-transport.js";
import { TlsMaterial, type TlsSettings } from "./tls-material.js";
import type { Advertised, Destination, Endpoint, MessageSource, Transport, TransportHandler, TransportKind, TransportLimits, TransportOptions } from "./types.js";
import { UdpTransport } from "./udp-transport.js";
import { type WsFlow, type WsSocket, WsTransport } from "./ws-transport.js";

/** Who takes what arrives. */
export interface TransportUser {
  request(request: SipRequest, source: MessageSource, problem: Problem | undefined): void;
  response(response: SipResponse, source: MessageSource): void;
  /** The reply to a request whose framing failed, as bytes. */
  framingReply(request: SipRequest, source: MessageSource, status: number): Buffer;
  failed(error: SipError): void;
  flowClosed(flow: string): void;
}

/** How long a destination that failed comes last. */
const AVOID_MS = 60_000;
const MAX_FAILED = 1_000;
const destinationKey = ({ kind, host, port }: Destination): string => `${kind} ${host} ${port}`;

/** Connections whose successor is remembered at most. */
const MAX_MOVED = 10_000;

/** Counters that the transport keeps. */
export interface TransportCounters {
  received: number;
  sent: number;
  malformed: number;
  dropped: number;
  sendFailures: number;
}

/** All transports of a user agent: parses what comes, notes where it came from (RFC 3581), picks the way out. */
export class TransportLayer implements TransportHandler {
  readonly counters: TransportCounters = { received: 0, sent: 0, malformed: 0, dropped: 0, sendFailures: 0 };
  readonly transports: readonly Transport[];
  readonly #user: TransportUser;
  readonly #limits: TransportLimits;
  readonly #log: StackLog;
  readonly #advertised: Advertised | ((destination: Destination) => Advertised | undefined) | undefined;
  readonly #sentBy = new Map<Transport, string>();
  readonly #failed = new Map<string, number>();
  readonly #now: () => number;
  readonly #known: ((address: string) => boolean) | undefined;
  readonly #blocked: ((address: string) => boolean) | undefined;
  readonly #mayConnect: ((address: string, open: number, silent: number) => boolean) | undefined;
  readonly #turnedAway: ((reason: "unread" | "silent", address: string) => void) | undefined;
  /** By name of a closed connection: where its peer is now. */
  readonly #moved = new Map<string, Destination>();
  #running = false;

  constructor(options: {
    transports: readonly (TransportOptions | Transport)[]; limits: TransportLimits; timers: TimerQueue; log: StackLog; user: TransportUser;
    advertised: Advertised | ((destination: Destination) => Advertised | undefined) | undefined; blocked?: (address: string) => boolean; mayConnect?: (address: string, open: number, silent: number) => boolean; known?: (address: string) => boolean; turnedAway?: (reason: "unread" | "silent", address: string) => void;
  }) {
    this.#user = options.user;
    this.#blocked = options.blocked;
    this.#mayConnect = options.mayConnect;
    this.#turnedAway = options.turnedAway;
    this.#known = options.known;
    this.#now = () => options.timers.now();
    this.#limits = options.limits;
    this.#log = options.log;
    this.#advertised = options.advertised;
    const places = new ConnectionPlaces(options.limits.maxConnections);
    this.transports = options.transports.map((one) => {
      if ("send" in one) return one;
      if (one.kind === "tls") return new TcpTransport(one.address, one.port, options.limits, options.timers, places, one.advertised, new TlsMaterial(one.tls));
      if ("local" in one) return new WsTransport(one.kind, () => one.local(), options.limits, options.timers, places);
      return one.kind === "udp" ? new UdpTransport(one.address, one.port, one.advertised) : new TcpTransport(one.address, one.port, options.limits, options.timers, places, one.advertised);
    });
  }

  async start(): Promise<void> {
    this.#running = true;
    const started: Transport[] = [];
    try {
      for (const transport of this.transports) {
        await transport.start(this);
        started.push(transport);
      }
    } catch (error) {
      this.#running = false;
      for (const transport of started) await transport.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.transports.map((transport) => transport.stop()));
  }

  /** Kinds of transport there are, in their order. */
  get kinds(): readonly TransportKind[] {
    return [...new Set(this.transports.map(({ kind }) => kind))];
  }

  /** A destination did not answer or could not be reached: others are tried first for a while. */
  noteFailure(destination: Destination): void {
    this.#failed.set(destinationKey(destination), this.#now() + AVOID_MS);
    const oldest = this.#failed.size > MAX_FAILED ? this.#failed.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.#failed.delete(oldest.value);
  }

  /** Whether it failed a short time ago. */
  hasFailed(destination: Destination): boolean {
    if (this.#failed.size === 0) return false;
    const key = destinationKey(destination);
    const until = this.#failed.get(key);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#failed.delete(key);
    return false;
  }

  known(address: string): boolean {
    return this.#known?.(address) ?? true;
  }

  /** Requests thrown away unread since the start. */
  get unread(): number {
    return this.transports.reduce((sum, transport) => sum + (transport.unread ?? 0), 0);
  }

  /** Connections closed since they sent nothing, since the start. */
  get silent(): number {
    return this.transports.reduce((sum, transport) => sum + (transport.silent ?? 0), 0);
  }

  /** How long what comes waits before it is served, ms; the longest of the transports. */
  get lagMs(): number {
    let most = 0;
    for (const transport of this.transports) most = Math.max(most, transport.lagMs ?? 0);
    return most;
  }

  get connections(): number {
    let sum = 0;
    for (const transport of this.transports) sum += transport.connections ?? 0;
    return sum;
  }

  /** Certificates for new connections over TLS; see `UserAgent.useTls`. */
  useTls(settings: TlsSettings): void {
    const material = new TlsMaterial(settings);
    for (const transport of this.transports) if (transport instanceof TcpTransport) transport.useTls(material);
  }

  /** Takes a WebSocket; see `UserAgent.acceptWebSocket`. */
  acceptWebSocket(kind: "ws" | "wss", socket: WsSocket, remote: Endpoint): WsFlow | undefined {
    const transport = this.#running ? this.transports.find((one): one is WsTransport => one instanceof WsTransport && one.kind === kind) : undefined;
    if (transport === undefined) socket.close();
    return transport?.accept(socket, remote);
  }

  /** What would go over `flow` goes to `to` from now on. */
  handOver(flow: string, to: Destination): void {
    if (flow === to.flow) return;
    // A peer may come back over the connection it left, while both stand: who is there now has not moved, or the way would be a ring.
    if (to.flow !== undefined) this.#moved.delete(to.flow);
    this.#moved.delete(flow);
    this.#moved.set(flow, to);
    const oldest = this.#moved.size > MAX_MOVED ? this.#moved.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.#moved.delete(oldest.value);
  }

  /** Where a destination's peer is now. Peers move rarely, in a ring never: see `handOver`. */
  #current(destination: Destination): Destination {
    let now = destination;
    for (let next = now.flow; next !== undefined; next = now.flow) {
      const moved = this.#moved.get(next);
      if (moved === undefined) break;
      now = moved;
    }
    return now;
  }

  /** The transport for a destination, `undefined` when none reaches it. */
  select(wanted: Destination): Transport | undefined {
    const destination = this.#moved.size === 0 ? wanted : this.#current(wanted);
    let found: Transport | undefined;
    for (const transport of this.transports) {
      if (transport.kind !== destination.kind || !transport.reaches(destination)) continue;
      const { local } = destination;
      if (local === undefined || (local.port === transport.local.port && local.address === transport.local.address)) return transport;
      found ??= transport;
    }
    return found;
  }

  /** `host:port` to put into Via and Contact. */
  sentBy(transport: Transport, destination: Destination): string {
    const known = this.#sentBy.get(transport);
    if (known !== undefined) return known;
    const { local } = transport;
    const dynamic = typeof this.#advertised === "function" ? this.#advertised(destination) : this.#advertised;
    const advertised = transport.advertised ?? dynamic;
    const wildcard = isWildcard(local.address);
    const host = advertised?.host ?? (wildcard ? localAddressTowards(destination.host) : local.address);
    const text = `${bracketed(host)}:${advertised?.port ?? local.port}`;
    if (transport.advertised !== undefined || (typeof this.#advertised !== "function" && (advertised !== undefined || !wildcard))) this.#sentBy.set(transport, text);
    return text;
  }

  /** Sends; `failed` hears later, at most once, that it did not leave. */
  send(bytes: Buffer, wanted: Destination, failed: (error: SipError) => void): void {
    const destination = this.#moved.size === 0 ? wanted : this.#current(wanted);
    const transport = this.#running ? this.select(destination) : undefined;
    if (transport === undefined) {
      this.counters.sendFailures++;
      const { kind, host, port } = destination;
      queueMicrotask(() => failed(new SipError("SIP_NO_TRANSPORT", `no transport for ${kind} ${host}:${port}`, { kind, host, port })));
      return;
    }
    this.counters.sent++;
    transport.send(bytes, destination, (error) => {
      this.counters.sendFailures++;
      // A transport may know at once; callers count on having returned first.
      queueMicrotask(() => failed(error));
    });
  }

  message(bytes: Buffer, source: MessageSource): void {
    if (!this.#running) return;
    this.counters.received++;
    if (this.#blocked?.(source.address) === true) {
      this.counters.dropped++;
      return;
    }
    const parsed = parseMessage(bytes, this.#limits);
    if (parsed.message === undefined) {
      // Keep-alives (RFC 5626) are no fault.
      if (parsed.garbage !== "empty") {
        this.counters.malformed++;
        this.counters.dropped++;
        this.#log.debug("dropped what is no SIP message", { why: parsed.garbage, from: source.address, port: source.port, start: printable(bytes.toString("latin1", 0, 60), 60) });
      }
      return;
    }
    const { message, problem } = parsed;
    if (message instanceof SipRequest) {
      if (problem !== undefined) this.counters.malformed++;
      else if (source.kind === "tls") this.#noteAlias(message, source);
      noteSource(message, source);
      this.#user.request(message, source, problem);
    } else this.#user.response(message, source);
  }

  /** The peer listens at the port of its Via, and is at the address its packets come from, whatever the Via says of that. */
  #noteAlias({ via }: SipRequest, { flow, local }: MessageSource): void {
    if (flow === undefined || !via.params.has("alias")) return;
    const transport = this.transports.find((one) => one.kind === "tls" && one.local.port === local.port && one.local.address === local.address);
    transport?.alias?.(flow, via.port ?? 5061);
  }

  framingError(head: Buffer, status: number, source: MessageSource): Buffer | undefined {
    this.counters.malformed++;
    this.counters.received++;
    const parsed = parseMessage(head, this.#limits);
    const { message } = parsed;
    this.#log.debug("cannot follow a stream", { from: source.address, port: source.port, status });
    if (!(message instanceof SipRequest) || message.method === "ACK") {
      this.counters.dropped++;
      return undefined;
    }
    noteSource(message, source);
    return this.#user.framingReply(message, source, status);
  }

  welcome(address: string, open: number, silent = 0): boolean {
    if (this.#blocked?.(address) === true) return false;
    if (this.#mayConnect?.(address, open, silent) !== false) return true;
    this.#log.debug("refused a connection of one who has many", { from: address, open });
    return false;
  }

  turnedAway(reason: "unread" | "silent", address: string): void {
    this.#turnedAway?.(reason, address);
  }

  /** Ends all connections with this address. */
  disconnect(address: string): void {
    for (const transport of this.transports) transport.disconnect?.(address);
  }

  flowClosed(flow: string): void {
    this.#log.debug("connection closed", { flow });
    this.#user.flowClosed(flow);
  }

  failed(error: SipError): void {
    this.#user.failed(error);
  }
}

/** Adds `received` and fills `rport` in the topmost Via (RFC 3261 section 18.2.1, RFC 3581 section 4). */
function noteSource(request: SipRequest, source: MessageSource): void {
  const { via } = request;
  const rport = via.params.has("rport");
  if (!rport && plainAddress(via.host) === source.address) return;
  via.params.set("received", source.address);
  if (rport) via.params.set("rport", String(source.port));
  const raw = request.headers.get("via") as string;
  const top = `SIP/2.0/${via.transport} ${via.host}${via.port === undefined ? "" : `:${via.port}`}${via.params.toString()}`;
  const comma = raw.indexOf(",");
  request.headers.replaceFirst("via", comma < 0 ? top : top + raw.slice(endOfFirst(raw)));
}

function endOfFirst(list: string): number {
  let quoted = false;
  for (let i = 0; i < list.length; i++) {
    const code = list.charCodeAt(i);
    if (quoted && code === 0x5c) i++;
    else if (code === 0x22) quoted = !quoted;
    else if (code === 0x2c && !quoted) return i;
  }
  return list.length;
}

/** Where the response to a request goes (RFC 3261 section 18.2.2; maddr is not followed, it would let a sender aim our replies at others). */
export function responseDestination(request: SipRequest, source: MessageSource): Destination {
  const { via } = request;
  const port = source.kind === "udp" && via.params.has("rport") ? source.port : (via.port ?? (source.kind === "tls" || source.kind === "wss" ? 5061 : 5060));
  return { kind: source.kind, host: source.address, port, flow: source.flow, local: source.local };
}
