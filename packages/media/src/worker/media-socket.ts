/** Where a datagram came from. It holds until the handler returns. */
export interface DatagramSource {
  /** Numeric. */
  readonly address: string;
  readonly port: number;
}

/** `octets` may be memory that is used again: read or change it before returning, do not keep it. */
export type DatagramHandler = (octets: Uint8Array, from: DatagramSource) => void;

/** A bound UDP socket as a leg needs it. What the network refuses is lost, as on the wire; no call but `connect` throws. */
export interface MediaSocket {
  /** Takes the place of the handler before. */
  onDatagram(handler: DatagramHandler): void;
  /** Sends at once to the peer it is connected to. The octets may change as soon as it has returned. */
  send(octets: Uint8Array): void;
  /** As `send`, for octets that the handler of a datagram was given and that do not change any more; they leave at the latest when all that are there have been handled. */
  forward(octets: Uint8Array): void;
  /** Sends at once to a numeric address. */
  sendTo(octets: Uint8Array, port: number, address: string): void;
  /**
   * From now on only datagrams of this peer come in, and `send` goes there.
   *
   * @throws Error when the system refuses; the socket goes on unconnected.
   */
  connect(port: number, address: string): void;
  disconnect(): void;
  /** Idempotent. What was sent has left. */
  close(): void;
}

/** Binds a socket at a numeric address; rejects with an error whose `code` is `EADDRINUSE` and the like. */
export type MediaSockets = (address: string, port: number) => Promise<MediaSocket>;
