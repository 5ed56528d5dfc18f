import type { SipError } from "../errors.js";
import type { TlsSettings } from "./tls-material.js";

/** `ws` is SIP over WebSocket (RFC 7118), `wss` the same within TLS. Lower case. */
export type TransportKind = "udp" | "tcp" | "tls" | "ws" | "wss";

/** An address with a port, numeric host (IPv6 without brackets). */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What peers should see in Via and Contact. */
export interface Advertised {
  readonly host: string;
  /** Default: the port the transport is bound to. */
  readonly port?: number;
}

/** Where to send a message. */
export interface Destination {
  readonly kind: TransportKind;
  /** Numeric address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Domain the address was found for: over TLS the peer must prove it (RFC 5922). */
  readonly name?: string;
  /** Connection to use while it is open (TCP, WebSocket). Otherwise a new one is made to host and port, where the transport can. */
  readonly flow?: string;
  /** Which of several transports of this kind to send from. Default: the first that reaches. */
  readonly local?: Endpoint;
}

/** Where a message came from. */
export interface MessageSource {
  readonly kind: TransportKind;
  /** Numeric address of the sender, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** Name of the connection it came over, for connection-oriented transports. */
  readonly flow?: string;
  /** Our end. */
  readonly local: Endpoint;
}

/** What a transport tells. Calls never throw. */
export interface TransportHandler {
  /** One whole message (a datagram, or framed by Content-Length). The bytes belong to the receiver from here on. */
  message(bytes: Buffer, source: MessageSource): void;
  /** Framing of a stream failed; `head` holds what was read of the message. The transport sends what is returned (if anything) and closes the connection. */
  framingError(head: Buffer, status: number, source: MessageSource): Buffer | undefined;
  /** Whether a connection from this address is taken, which has so many with this transport by now, and so many of these that have sent nothing (where the transport knows). */
  welcome(address: string, open: number, silent?: number): boolean;
  /** Whether requests of this address come before those of others, where all cannot be served. */
  known(address: string): boolean;
  /** A request was thrown away unread, or a connection closed that said nothing. */
  turnedAway(reason: "unread" | "silent", address: string): void;
  /** A connection ended. */
  flowClosed(flow: string): void;
  /** The transport broke after it was started; it takes no more traffic. */
  failed(error: SipError): void;
}

/** A way to carry SIP messages. UDP, TCP and WebSocket are built in; others (a test network) may be handed in. */
export interface Transport {
  readonly kind: TransportKind;
  /** Whether it delivers or reports failure, so that no retransmission is needed (RFC 3261 section 17). */
  readonly reliable: boolean;
  /** The bound address; meaningful after `start`. */
  readonly local: Endpoint;
  /** What to advertise instead of the bound address. */
  readonly advertised?: Advertised;
  /** Binds. Rejects with a `SipError` (`SIP_ADDRESS_IN_USE`, `SIP_BIND_FAILED`). */
  start(handler: TransportHandler): Promise<void>;
  /** Closes everything. Never rejects. */
  stop(): Promise<void>;
  /** Sends. `failed` is called at most once, later, when it is known that the message did not leave. Never throws. */
  send(bytes: Buffer, destination: Destination, failed: (error: SipError) => void): void;
  /** Whether the destination can be used: address family, open flow. */
  reaches(destination: Destination): boolean;
  /** Ends all connections with this address. */
  disconnect?(address: string): void;
  /**
   * The peer of connection `flow` lets requests to its own port `port` come over it (RFC 5923). They do where its certificate proves
   * whom they are for.
   */
  alias?(flow: string, port: number): void;
  /** Open connections, for transports that have any. */
  readonly connections?: number;
  /** How long what comes waits before it is served, ms, for transports that know: the request in hand, otherwise the oldest that waits. */
  readonly lagMs?: number;
  /** Requests thrown away unread since the start, for transports that do so. */
  readonly unread?: number;
  /** Connections closed since the start since they sent nothing, for transports that count them. */
  readonly silent?: number;
}

/** A built-in transport. */
export type TransportOptions = SocketTransportOptions | TlsTransportOptions | WsTransportOptions;

/** WebSockets that somebody else accepts and hands in by `UserAgent.acceptWebSocket`. */
export interface WsTransportOptions {
  readonly kind: "ws" | "wss";
  /** Where the web server listens; asked for each Via and Contact. */
  local(): Endpoint;
}

/** SIP over TLS. */
export interface TlsTransportOptions extends Omit<SocketTransportOptions, "kind"> {
  readonly kind: "tls";
  readonly tls: TlsSettings;
}

/** A transport with a port of its own. */
export interface SocketTransportOptions {
  readonly kind: "udp" | "tcp";
  /** Numeric address to bind, `0.0.0.0` or `::` for all. */
  readonly address: string;
  /** 0 takes any free port; see `UserAgent.endpoints` for which. */
  readonly port: number;
  /** Overrides the user agent's `advertised` for this transport. */
  readonly advertised?: Advertised;
}

/** Bounds that keep a hostile peer cheap. */
export interface TransportLimits {
  /** Largest head (start line and headers) in bytes. Default 65 536. */
  readonly maxHeadBytes: number;
  /** Largest body in bytes over a stream. Default 262 144. */
  readonly maxBodyBytes: number;
  /** Most header fields of a message. Default 200. */
  readonly maxHeaders: number;
  /** Most connections of all transports at once. For a further one that of a stranger is closed over which nothing has come for longest; where there is none, the further one. Default 2 000. */
  readonly maxConnections: number;
  /** A message begun over TCP must be complete within this many ms. Default 10 000. */
  readonly messageTimeoutMs: number;
  /** An accepted connection that has sent no complete message after this many ms is closed. Default 15 000. */
  readonly firstMessageTimeoutMs: number;
  /** A silent connection without traffic is closed after this many ms. Default 900 000 (phones register over it). */
  readonly idleTimeoutMs: number;
  /** Connecting gives up after this many ms. Default 5 000. */
  readonly connectTimeoutMs: number;
  /** Connections we made are kept open by CRLF pings at this interval in ms (RFC 5626 section 4.4.1); a peer that has answered one must go on to. 0: none. Default 0. */
  readonly keepAliveMs: number;
  /** Bytes that may wait in a connection's send buffer before it is closed as stalled. Default 1 048 576. */
  readonly maxSendBufferBytes: number;
}

/** Finds the addresses of a host (RFC 3263). May answer at once for numeric hosts. */
export type Resolver = (target: ResolveTarget) => readonly Destination[] | Promise<readonly Destination[]>;

/** What is asked of a resolver. */
export interface ResolveTarget {
  readonly host: string;
  /** Missing: SRV may be asked; else 5060 (5061 for tls). */
  readonly port?: number;
  readonly kind: TransportKind;
  /** `kind` was asked for; otherwise NAPTR may choose another. */
  readonly given?: boolean;
  /** Nothing but TLS will do (a `sips:` URI). */
  readonly secure?: boolean;
}
