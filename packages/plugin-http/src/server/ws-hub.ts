import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { clientAddress, isHotlineError, errorText, type ProxyHeader, type Clock, type Logger, type Networks, type Principal, type Timer, type WsRoutes } from "@hotlinejs/core";
import { createWebSocketStream, WebSocketServer, type WebSocket } from "ws";
import { httpErrors } from "../errors.js";
import type { Authenticator } from "../services/authenticator.js";

type OnConnection = Parameters<WsRoutes["handle"]>[2];

interface WsRoute {
  readonly permission: string;
  readonly protocols: readonly string[];
  readonly server: WebSocketServer;
  readonly onConnection: OnConnection;
}

interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly permission: string;
  /** Whether the last ping was answered. */
  alive: boolean;
}

export interface WsHubOptions {
  readonly maxMessage: number;
  readonly maxBuffered: number;
  readonly pingMs: number;
  readonly maxConnections: number;
  readonly trustedProxies: Networks;
  readonly proxyHeader: ProxyHeader;
}

/** Milliseconds a client has to answer our close frame. */
const CLOSE_PATIENCE_MS = 3000;

/**
 * WebSockets on the HTTP port. Who connects is known and allowed before the upgrade. What arrives comes out of the
 * duplex as one string or Buffer per message; what is written to it, or given to `send`, goes out as one message.
 */
export class WsHub implements WsRoutes {
  readonly #routes = new Map<string, WsRoute>();
  readonly #connections = new Set<Connection>();
  #ping: Timer | undefined;
  #closing = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly options: WsHubOptions,
  ) {}

  get connections(): number {
    return this.#connections.size;
  }

  handle(path: string, options: { permission: string; protocols?: readonly string[] }, onConnection: OnConnection): void {
    if (this.#routes.has(path)) throw httpErrors.WS_PATH_TAKEN(path);
    const protocols = options.protocols ?? [];
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: this.options.maxMessage,
      perMessageDeflate: false,
      handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
    });
    this.#routes.set(path, { permission: options.permission, protocols, server, onConnection });
  }

  isProxy(address: string): boolean {
    return this.options.trustedProxies.has(address);
  }

  /** Begins to ping; `recheck` tells whether a connection's session is still good. */
  start(authenticator: Authenticator): void {
    this.#closing = false;
    this.#ping ??= this.clock.setInterval(() => this.#pingAll(authenticator), this.options.pingMs);
  }

  /** Answers an upgrade request. Never throws. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, authenticator: Authenticator): void {
    // Until ws takes over, a reset by the client would otherwise be an uncaught exception.
    const onError = (error: Error): void => this.log.debug({ error: errorText(error) }, "upgrade broken off");
    socket.on("error", onError);
    this.#accept(request, socket, head, authenticator, onError).catch((error: unknown) => {
      const status = isHotlineError(error) ? error.status : 500;
      if (status >= 500) this.log.error({ err: error }, "websocket could not be opened");
      refuse(socket, status, isHotlineError(error) && status !== 500 ? error.code : httpErrors.INTERNAL.code);
    });
  }

  /** Says 1001 (going away) to all; resolves when they are gone, those that do not answer cut off after 3 s or at the signal. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true;
    this.#ping?.cancel();
    this.#ping = undefined;
    const connections = [...this.#connections];
    if (connections.length === 0) return;
    const cut = (): void => {
      for (const { socket } of connections) socket.terminate();
    };
    const gone = connections.map(({ socket }) => new Promise<void>((resolve) => (socket.readyState === socket.CLOSED ? resolve() : socket.once("close", () => resolve()))));
    for (const { socket } of connections) socket.close(1001, "going away");
    const timer = this.clock.setTimeout(cut, CLOSE_PATIENCE_MS);
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await Promise.all(gone);
    signal.removeEventListener("abort", cut);
    timer.cancel();
  }

  async #accept(request: IncomingMessage, socket: Duplex, head: Buffer, authenticator: Authenticator, onError: (error: Error) => void): Promise<void> {
    const route = this.#routes.get(pathOf(request));
    if (!route) throw httpErrors.NOT_FOUND(pathOf(request).slice(0, 200));
    if (this.#closing || this.#connections.size >= this.options.maxConnections) throw httpErrors.DRAINING();
    const principal = await authenticator.admit({ permission: route.permission, headers: request.headers, unsafe: true });
    if (route.protocols.length > 0) {
      const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
      if (!route.protocols.some((protocol) => offered.includes(protocol))) throw httpErrors.BAD_INPUT(`Sec-WebSocket-Protocol must offer ${route.protocols.join(" or ")}`);
    }
    if (this.#closing) throw httpErrors.DRAINING();
    if (socket.destroyed) return;
    socket.off("error", onError);
    route.server.handleUpgrade(request, socket, head, (ws) => this.#opened(route, ws, request, principal));
  }

  #opened(route: WsRoute, socket: WebSocket, request: IncomingMessage, principal: Principal | undefined): void {
    const connection: Connection = { socket, request, permission: route.permission, alive: true };
    this.#connections.add(connection);
    socket.on("pong", () => (connection.alive = true));
    socket.once("close", () => this.#connections.delete(connection));
    const duplex = createWebSocketStream(socket, { readableObjectMode: true, decodeStrings: false });
    // A protocol error or reset ends this connection and nothing else.
    duplex.on("error", (error) => this.log.debug({ error: errorText(error) }, "websocket failed"));
    const send = (data: string | Buffer): void => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > this.options.maxBuffered) {
        this.log.warn({ buffered: socket.bufferedAmount }, "websocket client is too slow and was cut off");
        socket.terminate();
        return;
      }
      socket.send(data, (error) => {
        if (error) this.log.debug({ error: errorText(error) }, "websocket message was not sent");
      });
    };
    try {
      const remoteAddress = clientAddress(request.socket.remoteAddress ?? "unknown", request.headers, this.options.trustedProxies, this.options.proxyHeader);
      route.onConnection(Object.assign(duplex, { send, close: (code: number, reason: string): void => socket.close(code, reason), remoteAddress }), request, principal);
    } catch (error) {
      this.log.error({ err: error, path: pathOf(request) }, "websocket handler failed");
      socket.close(1011, "internal error");
    }
  }

  #pingAll(authenticator: Authenticator): void {
    for (const connection of this.#connections) {
      if (!connection.alive) {
        connection.socket.terminate();
        continue;
      }
      connection.alive = false;
      if (connection.socket.readyState === connection.socket.OPEN) connection.socket.ping();
      if (connection.permission !== "public") void this.#recheck(connection, authenticator);
    }
  }

  /** A session that has ended ends its sockets too. */
  async #recheck(connection: Connection, authenticator: Authenticator): Promise<void> {
    try {
      await authenticator.admit({ permission: connection.permission, headers: connection.request.headers, unsafe: false });
    } catch (error) {
      // The database being away for a moment is no reason to throw anybody out.
      if (isHotlineError(error) && (error.status === 401 || error.status === 403)) connection.socket.close(1008, "session ended");
      else this.log.warn({ error: errorText(error) }, "session of a websocket could not be checked");
    }
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

function refuse(socket: Duplex, status: number, code: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({ code, message: STATUS_CODES[status] ?? "Error", details: {} });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
