import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Logger } from "@hotlinejs/core";
import { isLoopback } from "@hotlinejs/core";
import type { Endpoint, UserAgent } from "../stack/index.js";

/** A WebSocket as plugin-http or the port of its own hands it over: one chunk a message. `remoteAddress` is the client's where a trusted proxy tells it. */
export type WsStream = Duplex & { send(data: string | Buffer): void; close?(code: number, reason: string): void; readonly remoteAddress?: string };

export interface WsGateOptions {
  /** Looked up late: connections may come before the stack runs, and are closed. */
  agent(): UserAgent | undefined;
  readonly log: Logger;
  /** Whether a proxy at this address speaks TLS with the browsers for us. */
  secureInFront(peer: string): boolean;
  /** Whether connections of this address are taken at all. */
  allowed(address: string, kind: "ws" | "wss"): boolean;
}

/** Brings WebSockets of the web server to the SIP stack. */
export class WsGate {
  readonly #options: WsGateOptions;
  #local: Endpoint = { address: "0.0.0.0", port: 0 };

  constructor(options: WsGateOptions) {
    this.#options = options;
  }

  /** Where browsers reach the web server; known from the first connection on. */
  get local(): Endpoint {
    return this.#local;
  }

  take(stream: WsStream, request: IncomingMessage): void {
    const { agent, log, secureInFront, allowed } = this.#options;
    const { socket } = request;
    const peer = socket.remoteAddress ?? "";
    const kind = (socket as TLSSocket).encrypted === true || secureInFront(peer) ? "wss" : "ws";
    const address = stream.remoteAddress ?? peer;
    if (address === "" || !allowed(address, kind)) {
      log.debug({ source: address, transport: kind }, "a SIP connection from the web was refused");
      stream.end();
      return;
    }
    this.#local = { address: socket.localAddress ?? "0.0.0.0", port: socket.localPort ?? 0 };
    const flow = agent()?.acceptWebSocket(kind, { send: (data) => stream.send(data), close: (code, reason) => void (code === undefined || stream.close === undefined ? stream.end() : stream.close(code, reason ?? "")) }, { address, port: socket.remotePort ?? 0 });
    if (flow === undefined) {
      stream.end();
      return;
    }
    stream.on("data", (data: string | Buffer) => flow.message(data));
    stream.once("end", () => flow.closed());
    stream.once("close", () => flow.closed());
  }
}

/**
 * Whether a connection without TLS of this peer is one that a proxy has taken over TLS. Where only TLS will do, a public address with https: is not
 * enough: the peer must be a proxy that is trusted, or on this machine, or somebody has gone round the proxy.
 */
export function securedInFront(peer: string, { publicUrl, tlsOnly, isProxy }: { readonly publicUrl: string | undefined; readonly tlsOnly: boolean; isProxy(address: string): boolean }): boolean {
  return publicUrl?.startsWith("https:") === true && (!tlsOnly || isProxy(peer) || isLoopback(peer.replace(/^::ffff:/i, "")));
}
