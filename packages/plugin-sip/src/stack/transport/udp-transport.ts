import { type Socket, createSocket } from "node:dgram";
import { setImmediate as nextTurn } from "node:timers";
import { SipError } from "../errors.js";
import { isWildcard, plainAddress, reachableFrom } from "./addresses.js";
import { bindError, sendError } from "./bind-error.js";
import { QueueProbe } from "./queue-probe.js";
import { RequestLine } from "./request-line.js";
import type { Advertised, Destination, Endpoint, Transport, TransportHandler } from "./types.js";

/** Room for all that comes while one call of JavaScript takes long, a few hundred calls per second. More would only grow old there: it is repeated by then. The system may grant less. */
const RECEIVE_BYTES = 1024 * 1024;
const SEND_BYTES = 4 * 1024 * 1024;
/** Largest payload of an IPv4 datagram. */
const MAX_DATAGRAM = 65_507;

/** SIP over UDP (RFC 3261 section 18). */
export class UdpTransport implements Transport {
  readonly kind = "udp";
  readonly reliable = false;
  readonly advertised?: Advertised;
  #local: Endpoint;
  #socket: Socket | undefined;
  readonly #probe = new QueueProbe((bytes) => this.#probeSelf(bytes));
  #line: RequestLine | undefined;

  constructor(address: string, port: number, advertised?: Advertised) {
    this.#local = { address, port };
    this.advertised = advertised;
  }

  get local(): Endpoint {
    return this.#local;
  }

  /** How long what comes waits in the system and then in line, ms. */
  get lagMs(): number {
    return this.#probe.lagMs + (this.#line?.waitedMs ?? 0);
  }

  get unread(): number {
    return this.#line?.unread ?? 0;
  }

  start(handler: TransportHandler): Promise<void> {
    const { address, port } = this.#local;
    const six = address.indexOf(":") >= 0;
    const socket = createSocket({
      type: six ? "udp6" : "udp4",
      // Every send would otherwise ask the resolver about a numeric address.
      lookup: (host, _options, done) => done(null, host, six ? 6 : 4),
    });
    return new Promise<void>((resolve, reject) => {
      const refused = (cause: Error): void => {
        socket.close();
        reject(bindError("udp", address, port, cause));
      };
      socket.once("error", refused);
      socket.bind(port, address, () => {
        socket.off("error", refused);
        this.#socket = socket;
        const bound = socket.address();
        this.#local = { address, port: bound.port };
        enlargeBuffers(socket);
        this.#listen(socket, handler);
        resolve();
      });
    });
  }

  #listen(socket: Socket, handler: TransportHandler): void {
    const local = this.#local;
    const line = new RequestLine({
      serve: (bytes, source) => handler.message(bytes, source),
      known: (address) => handler.known(address),
      unread: (address) => handler.turnedAway("unread", address),
      now: () => performance.now(),
      afterReading: (run) => void nextTurn(run),
    });
    this.#line = line;
    socket.on("message", (bytes, from) => {
      if (this.#probe.took(bytes)) return;
      line.take(bytes, { kind: "udp", address: plainAddress(from.address), port: from.port, local });
    });
    socket.on("error", (cause) => {
      handler.failed(new SipError("SIP_TRANSPORT_FAILED", `udp socket failed (${(cause as NodeJS.ErrnoException).code ?? cause.message})`, { address: local.address, port: local.port }, cause));
    });
  }

  send(bytes: Buffer, destination: Destination, failed: (error: SipError) => void): void {
    const socket = this.#socket;
    const { host, port } = destination;
    if (socket === undefined || bytes.length > MAX_DATAGRAM || port === 0) {
      failed(new SipError("SIP_TRANSPORT_FAILED", socket === undefined ? "transport is closed" : port === 0 ? "no such port" : "message is too long for a datagram", { host, port }));
      return;
    }
    const target = this.#local.address === "::" && host.indexOf(":") < 0 ? `::ffff:${host}` : host;
    socket.send(bytes, port, target, (cause) => {
      if (cause !== null) failed(sendError(host, port, cause));
    });
  }

  #probeSelf(bytes: Buffer): void {
    const { address, port } = this.#local;
    const own = isWildcard(address) ? (address.includes(":") ? "::1" : "127.0.0.1") : address;
    // One that does not leave counts as lost.
    this.#socket?.send(bytes, port, own, () => undefined);
  }

  reaches(destination: Destination): boolean {
    return reachableFrom(this.#local.address, destination.host);
  }

  stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#line?.clear();
    if (socket === undefined) return Promise.resolve();
    return new Promise((resolve) => socket.close(() => resolve()));
  }
}

/** False when the system keeps its own sizes: only bursts suffer. */
function enlargeBuffers(socket: Socket): boolean {
  try {
    socket.setRecvBufferSize(RECEIVE_BYTES);
    socket.setSendBufferSize(SEND_BYTES);
    return true;
  } catch {
    return false;
  }
}
