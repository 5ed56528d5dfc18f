import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import type { DatagramHandler, MediaSocket, MediaSockets } from "./media-socket.js";

/** Node's own sockets: everywhere, each datagram in memory of its own. */
export const nodeSockets: MediaSockets = (address, port) =>
  new Promise((resolve, reject) => {
    // Addresses are numeric: answering the look-up at once spares a round through the event loop per packet.
    const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", lookup: (host, _options, done) => done(null, host, host.includes(":") ? 6 : 4) });
    const failed = (error: NodeJS.ErrnoException): void => {
      socket.close();
      reject(error);
    };
    socket.once("error", failed);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener("error", failed);
      // Later errors are ICMP refusals of a peer that is not there (yet): the leg goes on, its media time-out tells.
      socket.on("error", () => undefined);
      resolve(new NodeSocket(socket));
    });
  });

class NodeSocket implements MediaSocket {
  readonly #socket: Socket;
  #handler: DatagramHandler | undefined;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (octets, from) => this.#handler?.(octets, from));
  }

  onDatagram(handler: DatagramHandler): void {
    this.#handler = handler;
  }

  send(octets: Uint8Array): void {
    if (!this.#closed) this.#quietly(() => this.#socket.send(octets));
  }

  forward(octets: Uint8Array): void {
    this.send(octets);
  }

  sendTo(octets: Uint8Array, port: number, address: string): void {
    if (!this.#closed) this.#quietly(() => this.#socket.send(octets, 0, octets.length, port, address));
  }

  connect(port: number, address: string): void {
    this.#socket.connect(port, address);
    // The look-up answers at once, so the socket is connected now, or it could not be.
    this.#socket.remoteAddress();
  }

  disconnect(): void {
    if (!this.#closed) this.#quietly(() => this.#socket.disconnect());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler = undefined;
    // Node sends within `send`: a last report has left before the socket does.
    this.#socket.close();
  }

  /** An address that is gone must not throw into the media path. */
  #quietly(step: () => void): void {
    try {
      step();
    } catch {
      return;
    }
  }
}
