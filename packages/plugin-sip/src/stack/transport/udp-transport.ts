import { type Socket, createSocket } from "node:dgram";
import { SipError } from "../errors.js";
import { isWildcard, plainAddress, reachableFrom } from "./addresses.js";
import { bindError, sendError } from "./bind-error.js";
import { QueueProbe } from "./queue-probe.js";
import type { Advertised, Destination, Endpoint, Transport, TransportHandler } from "./types.js";

/** Room for the bursts of a few hundred calls per second; the kernel may grant less. */
const BUFFER_BYTES = 4 * 1024 * 1024;
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

  constructor(address: string, port: number, advertised?: Advertised) {
    this.#local = { address, port };
    this.advertised = advertised;
  }

  get local(): Endpoint {
    return this.#local;
  }

  /** How long what comes waits before it is read, ms. */
  get lagMs(): number {
    return this.#probe.lagMs;
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
    socket.on("message", (bytes, from) => {
      if (this.#probe.took(bytes)) return;
      handler.message(bytes, { kind: "udp", address: plainAddress(from.address), port: from.port, local });
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
    if (socket === undefined) return Promise.resolve();
    return new Promise((resolve) => socket.close(() => resolve()));
  }
}

/** False when the system keeps its own sizes: only bursts suffer. */
function enlargeBuffers(socket: Socket): boolean {
  try {
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
    return true;
  } catch {
    return false;
  }
}
