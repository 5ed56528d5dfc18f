import type { Server } from "node:http";
import { openFilesLimit, plainAddress, type Clock, type Logger, type Networks } from "@hotlinejs/core";
import { httpErrors } from "../errors.js";

/** Connections where the system sets no lower bound. */
const USUAL = 10_000;
/** The part of the descriptors that connections may have: calls, recordings, SIP, the database and the log have the others. */
const PART = 1 / 4;
const FEWEST = 16;
const WARN_EVERY_MS = 60_000;

export interface ConnectionBoundsOptions {
  readonly most: number | undefined;
  readonly perAddress: number | undefined;
  /** Addresses behind which many are. */
  readonly trustedProxies: Networks;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn">;
}

/** Holds a server to so many connections, whether or not a request has come over them: each takes a descriptor that calls and the database need too. */
export class ConnectionBounds {
  readonly most: number;
  readonly perAddress: number;
  /** Connections that were closed unread since the start: all places were taken, or all of their address. */
  readonly refused = { full: 0, address: 0 };
  readonly #options: ConnectionBoundsOptions;
  readonly #byAddress = new Map<string, number>();
  #open = 0;
  #warnedAt = -Infinity;

  constructor(options: ConnectionBoundsOptions, openFiles = openFilesLimit() ?? Infinity) {
    this.#options = options;
    this.most = options.most ?? Math.min(USUAL, Math.max(FEWEST, Math.floor(openFiles * PART)));
    this.perAddress = options.perAddress ?? Math.ceil(this.most / 2);
  }

  /** Connections there are. */
  get open(): number {
    return this.#open;
  }

  /** To be called before the server listens. */
  hold(server: Server): void {
    server.maxConnections = this.most;
    server.on("drop", () => {
      this.refused.full++;
      this.#warn();
      // Whoever only keeps a connection for later makes room for the next who comes.
      server.closeIdleConnections();
    });
    server.on("connection", (socket) => {
      const address = plainAddress(socket.remoteAddress ?? "");
      const open = this.#byAddress.get(address) ?? 0;
      if (open >= this.perAddress && !this.#options.trustedProxies.has(address)) {
        this.refused.address++;
        this.#warn();
        socket.destroy();
        return;
      }
      this.#byAddress.set(address, open + 1);
      this.#open++;
      socket.once("close", () => this.#gone(address));
    });
  }

  #gone(address: string): void {
    this.#open--;
    const open = (this.#byAddress.get(address) ?? 1) - 1;
    if (open === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, open);
  }

  #warn(): void {
    const { clock, log } = this.#options;
    const now = clock.monotonic();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    log.warn({ code: httpErrors.TOO_MANY_CONNECTIONS.code, open: this.#open, ...this.refused }, httpErrors.TOO_MANY_CONNECTIONS(this.most, this.perAddress).message);
  }
}
