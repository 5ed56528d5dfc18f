import { type Server, type Socket, connect, createServer } from "node:net";
import { checkServerIdentity, connect as connectTls, createServer as createTlsServer, type PeerCertificate, type Server as TlsServer, type TLSSocket } from "node:tls";
import { SipError } from "../errors.js";
import type { QueuedTimer, TimerQueue } from "../timer-queue.js";
import type { ConnectionPlace, ConnectionPlaces } from "./connection-places.js";
import { isWildcard, plainAddress, reachableFrom } from "./addresses.js";
import { bindError } from "./bind-error.js";
import { TcpConnection } from "./tcp-connection.js";
import type { TlsMaterial } from "./tls-material.js";
import type { Advertised, Destination, Endpoint, Transport, TransportHandler, TransportLimits } from "./types.js";

/** How often connections are held against their time limits. */
const SWEEP_MS = 1_000;

/** Ports that the peer of one connection may say it listens on. */
const MOST_ALIASES = 8;

/**
 * SIP over TCP and TLS: accepts, connects, and uses again what is open (RFC 3261 section 18). A connection that a peer made
 * carries requests to the port it listens on only over TLS, by RFC 5923: an address proves nobody.
 */
export class TcpTransport implements Transport {
  readonly kind: "tcp" | "tls";
  readonly reliable = true;
  readonly advertised?: Advertised;
  readonly #limits: TransportLimits;
  readonly #timers: TimerQueue;
  readonly #places: ConnectionPlaces;
  /** Of sockets that were accepted, by the address and port of the peer. */
  readonly #placed = new Map<string, { readonly place: ConnectionPlace; connection: TcpConnection | undefined }>();
  readonly #flows = new Map<string, TcpConnection>();
  readonly #byPeer = new Map<string, TcpConnection>();
  /** Sockets that were accepted and are open, those in a TLS handshake among them, by address. */
  readonly #accepted = new Map<string, number>();
  /** Connections of peers that have proved themselves, each with its certificate, by the address and port that such a peer says it listens on. */
  readonly #aliases = new Map<string, Map<TcpConnection, PeerCertificate>>();
  #local: Endpoint;
  #server: Server | undefined;
  #handler: TransportHandler | undefined;
  #sweeper: QueuedTimer | undefined;
  #next = 0;
  #tls: TlsMaterial | undefined;

  /** With `tls` it speaks TLS only. */
  constructor(address: string, port: number, limits: TransportLimits, timers: TimerQueue, places: ConnectionPlaces, advertised?: Advertised, tls?: TlsMaterial) {
    this.kind = tls === undefined ? "tcp" : "tls";
    this.#tls = tls;
    this.#local = { address, port };
    this.#limits = limits;
    this.#timers = timers;
    this.#places = places;
    this.advertised = advertised;
  }

  get local(): Endpoint {
    return this.#local;
  }

  get connections(): number {
    return this.#flows.size;
  }

  start(handler: TransportHandler): Promise<void> {
    const { address, port } = this.#local;
    const server = this.#tls === undefined ? createServer() : this.#tlsServer(this.#tls);
    return new Promise<void>((resolve, reject) => {
      const refused = (cause: Error): void => reject(bindError(this.kind, address, port, cause));
      server.once("error", refused);
      server.listen({ port, host: address, exclusive: true }, () => {
        server.off("error", refused);
        const bound = server.address();
        if (bound !== null && typeof bound === "object") this.#local = { address, port: bound.port };
        server.on("error", (cause) => handler.failed(new SipError("SIP_TRANSPORT_FAILED", `${this.kind} server failed (${cause.message})`, { address, port }, cause)));
        this.#server = server;
        this.#handler = handler;
        server.prependListener("connection", (socket: Socket) => this.#arrived(socket));
        server.on(this.#tls === undefined ? "connection" : "secureConnection", (socket: Socket) => this.#accept(socket));
        resolve();
      });
    });
  }

  #tlsServer(tls: TlsMaterial): TlsServer {
    const server = createTlsServer({
      ...tls.server(),
      handshakeTimeout: this.#limits.firstMessageTimeoutMs,
      SNICallback: (name, done) => done(null, this.#tls?.forName(name)),
    });
    // A handshake that fails concerns its peer alone; the socket is closed by then.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
  }

  /** New connections use these certificates; those that stand go on. */
  useTls(tls: TlsMaterial): void {
    if (this.#tls === undefined) return;
    this.#tls = tls;
    (this.#server as TlsServer | undefined)?.setSecureContext(tls.server());
  }

  /** Counts who is there, before a handshake is begun: half-open ones cost as much as others. */
  #arrived(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? "");
    const open = this.#accepted.get(address) ?? 0;
    const peer = peerKey(address, socket.remotePort ?? 0);
    const giveWay = (): void => {
      const connection = this.#placed.get(peer)?.connection;
      if (connection === undefined) socket.destroy();
      else connection.close(new SipError("SIP_TRANSPORT_FAILED", "another needed the place"));
    };
    const place = address === "" || this.#handler?.welcome(address, open) !== true ? undefined : this.#places.enter({ givesWay: () => this.#handler?.known(address) !== true, close: giveWay });
    if (place === undefined) {
      socket.on("error", () => socket.destroy());
      socket.destroy();
      return;
    }
    this.#placed.set(peer, { place, connection: undefined });
    this.#accepted.set(address, open + 1);
    socket.once("close", () => {
      place.leave();
      if (this.#placed.get(peer)?.place === place) this.#placed.delete(peer);
      const left = (this.#accepted.get(address) ?? 1) - 1;
      if (left > 0) this.#accepted.set(address, left);
      else this.#accepted.delete(address);
    });
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (socket.destroyed || remoteAddress === undefined || remotePort === undefined) {
      socket.on("error", () => socket.destroy());
      socket.destroy();
      return;
    }
    if ("authorized" in socket && this.#tls?.welcomes(socket as TLSSocket) === false) {
      socket.on("error", () => socket.destroy());
      socket.destroy();
      return;
    }
    const remote = { address: plainAddress(remoteAddress), port: remotePort };
    const placed = this.#placed.get(peerKey(remote.address, remote.port));
    const connection = this.#adopt(socket, remote, false, undefined, placed?.place);
    if (placed !== undefined) placed.connection = connection;
  }

  #adopt(socket: Socket, remote: Endpoint, connecting: boolean, name?: string, place?: ConnectionPlace): TcpConnection {
    const key = peerKey(remote.address, remote.port, name);
    const handler = this.#handler as TransportHandler;
    const connection = new TcpConnection({
      kind: this.kind, flow: `${this.kind}-${this.#local.port}-${++this.#next}`, socket, remote, local: this.#local, connecting, limits: this.#limits, now: () => this.#timers.now(), handler,
      heard: () => place?.used(),
      closed: (gone) => {
        place?.leave();
        this.#flows.delete(gone.flow);
        if (this.#byPeer.get(key) === gone) this.#byPeer.delete(key);
        this.#forgetAliases(gone);
        if (this.#flows.size === 0) this.#sweeper?.cancel();
        handler.flowClosed(gone.flow);
      },
    });
    this.#flows.set(connection.flow, connection);
    // Who connects over TLS is known by a certificate, not by the port it comes from.
    if (connecting || this.kind === "tcp") this.#byPeer.set(key, connection);
    if (this.#sweeper?.active !== true) this.#sweeper = this.#timers.start(SWEEP_MS, this.#sweep);
    return connection;
  }

  readonly #sweep = (): void => {
    const now = this.#timers.now();
    for (const connection of [...this.#flows.values()]) connection.sweep(now);
    if (this.#flows.size > 0) this.#sweeper = this.#timers.start(SWEEP_MS, this.#sweep);
  };

  send(bytes: Buffer, destination: Destination, failed: (error: SipError) => void): void {
    const { host, port, flow, name } = destination;
    if (this.#server === undefined) {
      failed(new SipError("SIP_TRANSPORT_FAILED", "transport is closed", { host, port }));
      return;
    }
    const open = (flow === undefined ? undefined : this.#flows.get(flow)) ?? this.#byPeer.get(peerKey(host, port, this.#tls === undefined ? undefined : name)) ?? this.#aliased(destination);
    if (open !== undefined && open.open) {
      open.send(bytes, failed);
      return;
    }
    // Whom we need gives way to nobody.
    const place = port === 0 ? undefined : this.#places.enter({ givesWay: () => false, close: () => undefined });
    if (place === undefined) {
      failed(new SipError("SIP_TRANSPORT_FAILED", port === 0 ? "no such port" : "too many connections", { host, port }));
      return;
    }
    const to = { host, port, localAddress: isWildcard(this.#local.address) ? undefined : this.#local.address };
    const made = this.#tls === undefined ? this.#adopt(connect(to), { address: host, port }, true, undefined, place) : this.#adopt(connectTls({ ...to, ...this.#tls.client(host, name) }), { address: host, port }, true, name, place);
    made.send(bytes, failed);
  }

  alias(flow: string, port: number): void {
    const connection = this.#flows.get(flow);
    if (connection === undefined || port === 0) return;
    const key = peerKey(connection.source.address, port);
    const known = this.#aliases.get(key) ?? new Map<TcpConnection, PeerCertificate>();
    if (known.has(connection)) return;
    const identity = connection.peerIdentity;
    if (identity === undefined || [...this.#aliases.values()].filter((each) => each.has(connection)).length >= MOST_ALIASES) return;
    this.#aliases.set(key, known.set(connection, identity));
  }

  /** A connection of the peer's that its certificate allows for what is meant, as one of ours would have to be proved (RFC 5922). */
  #aliased({ host, port, name }: Destination): TcpConnection | undefined {
    if (this.#aliases.size === 0) return undefined;
    const claims = [...(this.#aliases.get(peerKey(host, port)) ?? [])];
    return claims.find(([connection, identity]) => connection.open && checkServerIdentity(name ?? host, identity) === undefined)?.[0];
  }

  #forgetAliases(gone: TcpConnection): void {
    for (const [key, connections] of this.#aliases) if (connections.delete(gone) && connections.size === 0) this.#aliases.delete(key);
  }

  disconnect(address: string): void {
    for (const connection of [...this.#flows.values()]) if (connection.source.address === address) connection.close(new SipError("SIP_TRANSPORT_FAILED", "the peer was banned"));
  }

  reaches(destination: Destination): boolean {
    if (destination.flow !== undefined && this.#flows.has(destination.flow)) return true;
    return reachableFrom(this.#local.address, destination.host);
  }

  stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#sweeper?.cancel();
    const gone = new SipError("SIP_TRANSPORT_FAILED", "transport is closed");
    for (const connection of [...this.#flows.values()]) connection.close(gone);
    if (server === undefined) return Promise.resolve();
    return new Promise((resolve) => server.close(() => resolve()));
  }
}

/** A connection over TLS was made to a name, and speaks for no other. */
const peerKey = (address: string, port: number, name = ""): string => `${address} ${port} ${name}`;
