import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { errorText, type Logger } from "@hotlinejs/core";
import type { HttpServerInfo } from "../contract.js";
import { httpErrors } from "../errors.js";
import type { ConnectionBounds } from "./connection-bounds.js";
import type { TlsMaterial } from "./tls-material.js";

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Who connects must have ended the TLS handshake, and then sent the head of a request, by then: until then nobody knows who it is. */
const HEAD_MS = 10_000;

/**
 * The listening socket and the requests on it.
 *
 * ```
 * closed --listen()--> listening --drain()--> draining --(all requests done)--> closed
 *                          \__________________ stop() _____________________________^
 * ```
 */
export class HttpServer implements HttpServerInfo {
  #server: Server | undefined;
  #host = "";
  #tls = false;
  #draining = false;
  readonly #active = new Set<ServerResponse>();

  constructor(private readonly log: Logger) {}

  get port(): number | undefined {
    const address = this.#server?.address() as AddressInfo | string | null | undefined;
    return typeof address === "object" && address !== null ? address.port : undefined;
  }

  get url(): string | undefined {
    const port = this.port;
    if (port === undefined) return undefined;
    const any = this.#host === "0.0.0.0" ? "127.0.0.1" : this.#host === "::" ? "::1" : this.#host;
    return `${this.#tls ? "https" : "http"}://${any.includes(":") ? `[${any}]` : any}:${port}`;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Requests being answered. */
  get active(): number {
    return this.#active.size;
  }

  /** @throws HTL_HTTP_PORT_IN_USE, HTL_HTTP_PORT_DENIED, HTL_HTTP_ADDRESS_UNAVAILABLE, HTL_HTTP_LISTEN_FAILED */
  async listen(options: { host: string; port: number; tls: TlsMaterial | undefined; onRequest: RequestListener; onUpgrade: UpgradeListener; bounds: ConnectionBounds }): Promise<void> {
    const { host, port, tls, bounds } = options;
    const limits = { headersTimeout: HEAD_MS, connectionsCheckingInterval: HEAD_MS / 2, requestTimeout: 120_000, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 };
    const server: Server = tls ? createTlsServer({ ...limits, handshakeTimeout: HEAD_MS, ...contextOf(tls) }) : createServer(limits);
    bounds.hold(server);
    server.on("request", (request, response) => {
      this.#track(request, response);
      options.onRequest(request, response);
    });
    server.on("upgrade", options.onUpgrade);
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      this.log.debug({ code: error.code }, "unreadable request");
      const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
      if (socket.writable && error.code !== "ECONNRESET") socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      else socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
      server.once("error", failed);
      server.listen({ host, port }, () => {
        server.off("error", failed);
        server.on("error", (error) => this.log.error({ error: errorText(error) }, "http server"));
        resolve();
      });
    });
    this.#server = server;
    this.#host = host;
    this.#tls = tls !== undefined;
    this.#draining = false;
  }

  /** For connections from now on; those there are go on. */
  useTls(tls: TlsMaterial): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(contextOf(tls));
  }

  /** Accepts nothing new; resolves when the last request is answered and every connection is closed, or the signal fires. */
  async drain(signal: AbortSignal): Promise<void> {
    const server = this.#server;
    if (!server || this.#draining) return;
    this.#draining = true;
    for (const response of this.#active) this.#lastOnItsConnection(response);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      server.close(done);
      server.closeIdleConnections();
      if (signal.aborted) done();
      else signal.addEventListener("abort", done, { once: true });
    });
  }

  /** Cuts off whatever is left. Idempotent. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      // The callback also comes, with an error, when the server was closed before.
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  #track(request: IncomingMessage, response: ServerResponse): void {
    this.#active.add(response);
    response.once("close", () => {
      this.#active.delete(response);
      if (this.#draining) request.socket.end();
    });
    if (this.#draining) this.#lastOnItsConnection(response);
  }

  #lastOnItsConnection(response: ServerResponse): void {
    if (!response.headersSent) response.setHeader("Connection", "close");
  }
}

function contextOf({ cert, key }: TlsMaterial): { readonly cert: string; readonly key: string; readonly minVersion: "TLSv1.2" } {
  return { cert, key, minVersion: "TLSv1.2" };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return httpErrors.PORT_IN_USE(port, host, { cause: error, details: { host, port, set: "HOTLINE_HTTP_PORT" } });
    case "EACCES":
    case "EPERM":
      return httpErrors.PORT_DENIED(port, host, { cause: error, details: { host, port, set: "HOTLINE_HTTP_PORT" } });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return httpErrors.ADDRESS_UNAVAILABLE(host, { cause: error, details: { host, set: "HOTLINE_HOST" } });
    default:
      return httpErrors.LISTEN_FAILED(`${host}:${port}`, errorText(error), { cause: error });
  }
}
