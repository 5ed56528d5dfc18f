import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerOptions } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Clock, Logger, Networks, ProxyHeader, Timer } from "@hotlinejs/core";
import { clientAddress, errorText, plainAddress } from "@hotlinejs/core";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { sipErrors } from "../errors.js";
import { TlsMaterial } from "../stack/index.js";
import type { TlsSettings } from "../stack/index.js";
import type { WsStream } from "./ws-gate.js";

export interface WsListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Origins of pages that may connect. */
  readonly origins: readonly string[];
  /** Proxies whose header is believed. */
  readonly trustedProxies: Networks;
  readonly proxyHeader: ProxyHeader;
  /** With them it speaks TLS and nothing else; without, in clear. */
  readonly tls: TlsSettings | undefined;
  /** Connections at once, those that are no WebSocket yet among them. */
  readonly maxConnections: number;
  /** A connection of this address was closed since there were so many. */
  full(address: string): void;
  readonly clock: Clock;
  readonly log: Logger;
  take(stream: WsStream, request: IncomingMessage): void;
}

/** What sets the port. */
const VARIABLE = "HOTLINE_SIP_WS_PORT";
const PING_MS = 30_000;
/** Larger messages close the connection. SIP over WebSocket needs a few kilobytes. */
const MAX_MESSAGE = 512 * 1024;
const MAX_BUFFERED = 1024 * 1024;
/** Who opens a connection must have asked for the WebSocket by then; one within TLS has as long for its handshake. */
const HEADERS_MS = 10_000;

/** A port of its own for SIP over WebSocket, where no plugin-http shares its. */
export class WsListener {
  readonly #options: WsListenerOptions;
  readonly #origins: ReadonlySet<string>;
  readonly #alive = new Map<WebSocket, boolean>();
  #server: Server | TlsServer | undefined;
  #tls: TlsMaterial | undefined;
  #ping: Timer | undefined;

  constructor(options: WsListenerOptions) {
    this.#options = options;
    this.#origins = new Set(options.origins.map((origin) => new URL(origin).origin));
  }

  /** The port taken; `undefined` while it does not listen. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === "object" && address !== null ? address.port : undefined;
  }

  /** Connections from now on are shown these certificates; those that stand go on. Nothing where it speaks in clear. */
  useTls(settings: TlsSettings): void {
    if (!(this.#server instanceof TlsServer)) return;
    this.#tls = new TlsMaterial(settings);
    this.#server.setSecureContext(this.#tls.server());
  }

  /** @throws HTL_SIP_PORT_IN_USE, HTL_SIP_BIND_FAILED */
  async start(): Promise<void> {
    const { host, port, clock, log, tls } = this.#options;
    const upgrades = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MAX_MESSAGE, perMessageDeflate: false, handleProtocols: () => "sip" });
    const limits = { headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS, connectionsCheckingInterval: HEADERS_MS / 2 };
    const upgradeRequired: RequestListener = (_request, response) => void response.writeHead(426, { Connection: "close", Upgrade: "websocket" }).end();
    const server = tls === undefined ? createServer(limits, upgradeRequired) : this.#tlsServer(tls, limits, upgradeRequired);
    server.maxConnections = this.#options.maxConnections;
    server.on("drop", (dropped) => this.#options.full(plainAddress(dropped?.remoteAddress ?? "")));
    server.on("upgrade", (request, socket, head) => this.#upgrade(upgrades, request, socket, head));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "EADDRINUSE" ? sipErrors.PORT_IN_USE(port, host, VARIABLE, { cause: error }) : sipErrors.BIND_FAILED(host, port, errorText(error), VARIABLE, { cause: error })));
      server.listen({ host, port }, resolve);
    });
    server.removeAllListeners("error");
    server.on("error", (error) => log.error({ error: errorText(error) }, "the port for SIP over WebSocket failed"));
    this.#server = server;
    this.#ping = clock.setInterval(() => this.#pingAll(), PING_MS);
    log.info({ host, port: this.port, path: this.#options.path, tls: tls !== undefined }, "SIP over WebSocket listens");
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#ping?.cancel();
    if (server === undefined) return;
    for (const socket of this.#alive.keys()) socket.terminate();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  #tlsServer(settings: TlsSettings, limits: ServerOptions, listener: RequestListener): TlsServer {
    const tls = new TlsMaterial(settings);
    this.#tls = tls;
    const server = createTlsServer({ ...limits, ...tls.server(), handshakeTimeout: HEADERS_MS, SNICallback: (name, done) => done(null, this.#tls?.forName(name)) }, listener);
    // Concerns its peer alone: one that speaks in clear, or does not believe the certificate.
    server.on("tlsClientError", (error, socket) => {
      this.#options.log.debug({ error: errorText(error) }, "no TLS came about on the port for SIP over WebSocket, which speaks nothing else");
      socket.destroy();
    });
    return server;
  }

  #upgrade(upgrades: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ignored = (error: Error): void => this.#options.log.debug({ error: errorText(error) }, "upgrade broken off");
    socket.on("error", ignored);
    if (this.#tls?.welcomes(request.socket as TLSSocket) === false) {
      socket.destroy();
      return;
    }
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    socket.off("error", ignored);
    upgrades.handleUpgrade(request, socket, head, (ws) => this.#opened(ws, request));
  }

  #refusal(request: IncomingMessage): string | undefined {
    const { origin } = request.headers;
    if ((request.url ?? "/").split("?", 1)[0] !== this.#options.path) return "404 Not Found";
    if (origin !== undefined && !this.#origins.has(origin.toLowerCase())) return "403 Forbidden";
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
    return offered.includes("sip") ? undefined : "400 Bad Request";
  }

  #opened(socket: WebSocket, request: IncomingMessage): void {
    this.#alive.set(socket, true);
    socket.on("pong", () => this.#alive.set(socket, true));
    socket.once("close", () => this.#alive.delete(socket));
    const stream = createWebSocketStream(socket, { readableObjectMode: true, decodeStrings: false });
    stream.on("error", (error) => this.#options.log.debug({ error: errorText(error) }, "websocket failed"));
    const send = (data: string | Buffer): void => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_BUFFERED) socket.terminate();
      else socket.send(data, (error) => (error === undefined || error === null ? undefined : socket.terminate()));
    };
    const { trustedProxies, proxyHeader, take } = this.#options;
    const peer = request.socket.remoteAddress;
    // Gone before it began: the gate closes what has no address.
    const remoteAddress = peer === undefined ? "" : clientAddress(peer, request.headers, trustedProxies, proxyHeader);
    take(Object.assign(stream, { send, close: (code: number, reason: string): void => socket.close(code, reason), remoteAddress }), request);
  }

  #pingAll(): void {
    for (const [socket, alive] of [...this.#alive]) {
      if (!alive) {
        socket.terminate();
        continue;
      }
      this.#alive.set(socket, false);
      socket.ping();
    }
  }
}
