import type { DatagramPart, DatagramPartPort, OpenDatagramPart, WorkerPartRef } from "@hotlinejs/core";
import type { LegHost } from "./leg-host.js";
import { inTime, loadPart } from "./load-part.js";
import type { DatagramSource } from "./media-socket.js";
import type { PortPair } from "./rtp-sockets.js";

/** A UDP port whose datagrams are a part's business. */
export class WorkerDatagramPort implements DatagramPartPort {
  readonly id: string;
  readonly #host: LegHost;
  readonly #sockets: PortPair;
  #part: DatagramPart | undefined;
  #remote: { address: string; port: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(id: string, host: LegHost, sockets: PortPair) {
    this.id = id;
    this.#host = host;
    this.#sockets = sockets;
  }

  /** Loads the part; what it refuses rejects, and the port is closed again. */
  static async open(id: string, host: LegHost, sockets: PortPair, ref: WorkerPartRef): Promise<WorkerDatagramPort> {
    const port = new WorkerDatagramPort(id, host, sockets);
    try {
      port.#part = await inTime(openPart(ref, port));
    } catch (error) {
      port.close();
      throw error;
    }
    sockets.rtp.onDatagram((octets, from) => port.#guard(() => port.#received(octets, from)));
    return port;
  }

  get port(): number {
    return this.#sockets.port;
  }

  setRemote(remote: { readonly address: string; readonly port: number }): void {
    this.#remote = { ...remote };
  }

  message(message: unknown): void {
    this.#guard(() => this.#part?.message(message));
  }

  send(octets: Uint8Array): void {
    const remote = this.#remote;
    if (remote === undefined || remote.port === 0 || this.#closed) return;
    // A refusal by the network is as good as a loss: the protocol on the port deals with losses.
    this.#sockets.rtp.sendTo(octets, remote.port, remote.address);
  }

  post(message: unknown): void {
    this.#host.report({ ev: "line-message", leg: this.id, message });
  }

  fail(error: Error): void {
    this.#host.legFault(this, error);
  }

  now(): number {
    return performance.now();
  }

  wakeAt(time: number | undefined, fn: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = time === undefined || this.#closed ? undefined : setTimeout(() => this.#guard(fn), Math.max(0, Math.ceil(time - this.now())));
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    const part = this.#part;
    this.#part = undefined;
    // Whatever it says: the port is over, and who waits for its end must be told.
    try {
      part?.close();
    } catch (error) {
      this.#host.fault(`port ${this.id}, closing its part`, error);
    }
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#sockets.close();
  }

  #received(octets: Uint8Array, from: DatagramSource): void {
    const remote = this.#remote;
    if (remote === undefined || from.address !== remote.address || this.#closed) return;
    // Behind a NAT the port announced is not the one datagrams come from.
    remote.port = from.port;
    this.#part?.datagram(new Uint8Array(octets));
  }

  #guard(step: () => void): void {
    if (this.#closed) return;
    try {
      step();
    } catch (error) {
      this.#host.legFault(this, error);
    }
  }
}

async function openPart(ref: WorkerPartRef, port: DatagramPartPort): Promise<DatagramPart> {
  return (await loadPart<OpenDatagramPart>(ref, "openDatagrams"))(ref.options, port);
}
