import type { Socket } from "node:net";
import { type PeerCertificate, TLSSocket } from "node:tls";
import { SipError } from "../errors.js";
import { StreamFramer } from "../message/stream-framer.js";
import { plainAddress } from "./addresses.js";
import { sendError } from "./bind-error.js";
import type { Endpoint, MessageSource, TransportHandler, TransportLimits } from "./types.js";

const PING = Buffer.from("\r\n\r\n");
const PONG = Buffer.from("\r\n");
/** RFC 5626 section 4.4.1. */
const PONG_WITHIN_MS = 10_000;

interface Waiting {
  readonly bytes: Buffer;
  readonly failed: (error: SipError) => void;
}

/**
 * One connection over TCP or TLS, accepted or made.
 * ```
 * connecting --connected--> open --(FIN, reset, idle, bad framing, stalled)--> closed
 *      \___________refused, timed out______________________________^
 * ```
 */
export class TcpConnection {
  readonly flow: string;
  readonly source: MessageSource;
  readonly #socket: Socket;
  readonly #limits: TransportLimits;
  readonly #now: () => number;
  readonly #closed: (connection: TcpConnection) => void;
  readonly #waiting: Waiting[] = [];
  /** What was written to a peer we connected to, until it says something: a peer that refuses our certificate closes only then, and nothing of it has been read. */
  #unheard: ((error: SipError) => void)[] | undefined;
  readonly #openedAt: number;
  #connecting: boolean;
  #dead = false;
  #heard = false;
  #activeAt: number;
  /** As it was before the bytes that are being read. */
  #activeBefore: number;
  #partialSince: number | undefined;
  readonly #made: boolean;
  #pingedAt: number;
  /** Whether a pong ever came: only of such peers one is expected. */
  #pongs = false;
  #pongDue: number | undefined;
  readonly #framer: StreamFramer;

  constructor(options: {
    kind: "tcp" | "tls"; flow: string; socket: Socket; remote: Endpoint; local: Endpoint; connecting: boolean; limits: TransportLimits; now: () => number; handler: TransportHandler;
    closed: (connection: TcpConnection) => void;
    /** A message has come. */
    heard?: () => void;
  }) {
    const { socket, handler } = options;
    this.flow = options.flow;
    this.source = { kind: options.kind, address: plainAddress(options.remote.address), port: options.remote.port, flow: options.flow, local: options.local };
    this.#socket = socket;
    this.#limits = options.limits;
    this.#now = options.now;
    this.#closed = options.closed;
    this.#connecting = options.connecting;
    this.#heard = this.#made = options.connecting;
    this.#unheard = options.kind === "tls" && options.connecting ? [] : undefined;
    this.#openedAt = this.#activeAt = this.#activeBefore = this.#pingedAt = options.now();
    this.#framer = new StreamFramer(options.limits, {
      message: (bytes) => {
        this.#heard = true;
        this.#unheard = undefined;
        options.heard?.();
        // What is begun after this is another message: on a busy connection hardly a chunk ends where a message does.
        this.#partialSince = undefined;
        handler.message(bytes, this.source);
      },
      ping: () => this.#write(PONG, ignored),
      pong: () => {
        this.#activeAt = this.#activeBefore;
        this.#pongs = true;
        this.#pongDue = undefined;
      },
      failed: (head, status) => {
        const reply = handler.framingError(head, status, this.source);
        if (reply !== undefined && !this.#dead) this.#socket.end(reply);
        this.close(new SipError("SIP_TRANSPORT_FAILED", "stream could not be followed"), reply !== undefined);
      },
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on(options.kind === "tls" ? "secureConnect" : "connect", () => this.#connected());
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", (cause) => this.close(sendError(this.source.address, this.source.port, cause)));
    socket.on("close", () => this.close(new SipError("SIP_TRANSPORT_FAILED", "connection closed", { host: this.source.address, port: this.source.port })));
  }

  get open(): boolean {
    return !this.#dead;
  }

  /** Of a peer that connected to us over TLS: its certificate, where it showed one of an authority that is believed. */
  get peerIdentity(): PeerCertificate | undefined {
    const socket = this.#socket;
    return !this.#made && socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
  }

  send(bytes: Buffer, failed: (error: SipError) => void): void {
    if (this.#dead) failed(new SipError("SIP_TRANSPORT_FAILED", "connection closed"));
    else if (this.#connecting) this.#waiting.push({ bytes, failed });
    else this.#write(bytes, failed);
  }

  /** Ends the connection when one of its time limits has passed. */
  sweep(now: number): void {
    const limits = this.#limits;
    const why = this.#connecting && now - this.#openedAt >= limits.connectTimeoutMs ? "connecting took too long"
      : !this.#heard && now - this.#openedAt >= limits.firstMessageTimeoutMs ? "no message came"
      : this.#partialSince !== undefined && now - this.#partialSince >= limits.messageTimeoutMs ? "a message was not completed"
      : this.#pongDue !== undefined && now >= this.#pongDue ? "a keep-alive was not answered"
      : now - this.#activeAt >= limits.idleTimeoutMs ? "idle" : undefined;
    if (why !== undefined) this.close(new SipError("SIP_TRANSPORT_FAILED", why, { host: this.source.address, port: this.source.port }));
    else this.#ping(now);
  }

  /** Keeps NAT open and notices a dead peer; only the side that connected does (RFC 5626 section 3.5.1). */
  #ping(now: number): void {
    const { keepAliveMs } = this.#limits;
    if (!this.#made || this.#connecting || keepAliveMs === 0 || now - this.#pingedAt < keepAliveMs) return;
    this.#pingedAt = now;
    if (this.#pongs) this.#pongDue = now + PONG_WITHIN_MS;
    // Pings are no traffic: a connection that nobody uses still ends.
    const before = this.#activeAt;
    this.#write(PING, ignored);
    this.#activeAt = before;
  }

  /** Ends the connection; what waits to be sent fails. With `gently` bytes already written still leave. */
  close(error: SipError, gently = false): void {
    if (this.#dead) return;
    this.#dead = true;
    if (!gently) this.#socket.destroy();
    // A peer that never reads the last reply must not keep the socket.
    else this.#socket.once("finish", () => this.#socket.destroy());
    for (const { failed } of this.#waiting.splice(0)) failed(error);
    for (const failed of this.#unheard ?? []) failed(error);
    this.#unheard = undefined;
    this.#closed(this);
  }

  #connected(): void {
    this.#connecting = false;
    this.#activeAt = this.#now();
    for (const { bytes, failed } of this.#waiting.splice(0)) this.#write(bytes, failed);
  }

  #received(chunk: Buffer): void {
    if (this.#dead) return;
    this.#activeBefore = this.#activeAt;
    this.#activeAt = this.#now();
    this.#framer.push(chunk);
    this.#partialSince = this.#framer.partial ? (this.#partialSince ?? this.#now()) : undefined;
  }

  #write(bytes: Buffer, failed: (error: SipError) => void): void {
    if (this.#dead) {
      failed(new SipError("SIP_TRANSPORT_FAILED", "connection closed"));
      return;
    }
    this.#activeAt = this.#now();
    const { address, port } = this.source;
    if (this.#unheard !== undefined && this.#unheard.length < 100) {
      this.#unheard.push(failed);
      this.#socket.write(bytes);
      return;
    }
    this.#socket.write(bytes, (cause) => {
      if (cause !== undefined && cause !== null) failed(sendError(address, port, cause));
    });
    if (this.#socket.writableLength > this.#limits.maxSendBufferBytes) this.close(new SipError("SIP_TRANSPORT_FAILED", "peer does not read", { host: address, port }));
  }
}

function ignored(): void {
  // a lost keep-alive shows as a closed connection
}
