import type { RtpRemote } from "@hotlinejs/core";
import type { DatagramSource } from "./media-socket.js";
import { PeerSource } from "./peer-source.js";
import type { PortPair } from "./rtp-sockets.js";

/**
 * The way of packets to the peer and back, over a leg's two sockets: RTP to where the peer is heard, RTCP to where its reports come from.
 * Once it is settled who the peer is, the socket is connected to it: sending is cheaper, and the kernel refuses everyone else.
 */
export class PeerPath {
  /** Where media comes from and goes to. */
  readonly source = new PeerSource();
  readonly #sockets: PortPair;
  #connected = false;
  #rtcpAddress = "";
  #rtcpPort = 0;

  constructor(sockets: PortPair) {
    this.#sockets = sockets;
  }

  /** Only the peer's packets come in. */
  get connected(): boolean {
    return this.#connected;
  }

  announce(remote: RtpRemote): void {
    if (this.source.announce(remote)) this.disconnect();
    this.#rtcpAddress = this.source.address;
    this.#rtcpPort = remote.rtcpPort ?? this.source.port + 1;
  }

  /** Nothing is announced or known any more. */
  forget(): void {
    this.disconnect();
    this.source.forget();
    this.#rtcpPort = 0;
  }

  /** The peer is heard from another source than before: its RTCP is next to it, but for where it was announced. */
  turned(from: DatagramSource, { port, rtcpPort }: Pick<RtpRemote, "port" | "rtcpPort">): void {
    this.#rtcpAddress = from.address;
    if (this.source.asAnnounced) this.#rtcpPort = rtcpPort ?? from.port + 1;
    else if (rtcpPort === undefined) this.#rtcpPort = from.port + 1;
    else if (rtcpPort === port) this.#rtcpPort = from.port;
  }

  /** The peer's RTCP came from there: ours goes back. */
  rtcpCame(from: DatagramSource): void {
    this.#rtcpAddress = from.address;
    this.#rtcpPort = from.port;
  }

  connect(): void {
    try {
      this.#sockets.rtp.connect(this.source.port, this.source.address);
      this.#connected = true;
    } catch {
      this.#connected = false; // goes on unconnected
    }
  }

  disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#sockets.rtp.disconnect();
  }

  send(packet: Uint8Array): void {
    if (this.#connected) this.#sockets.rtp.send(packet);
    else this.sendTo(packet, this.source.port, this.source.address);
  }

  /** As `send`, for a packet that does not change any more; only while connected. */
  forward(packet: Uint8Array): void {
    this.#sockets.rtp.forward(packet);
  }

  sendTo(packet: Uint8Array, port: number, address: string): void {
    this.#sockets.rtp.sendTo(packet, port, address);
  }

  /** @param muxed RTCP goes the way of RTP (RFC 5761) */
  sendRtcp(packet: Uint8Array, muxed: boolean): void {
    if (this.#rtcpPort === 0 || this.#rtcpPort > 65535) return;
    if (muxed && this.#connected) this.#sockets.rtp.send(packet);
    else (muxed ? this.#sockets.rtp : this.#sockets.rtcp).sendTo(packet, this.#rtcpPort, this.#rtcpAddress);
  }

  close(): void {
    this.#sockets.close();
  }
}
