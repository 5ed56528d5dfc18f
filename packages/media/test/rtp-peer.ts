import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { ALAW_SILENCE } from "../src/codec/g711.js";
import { emptyRtpHeader, parseRtp, writeRtpHeader } from "../src/rtp/rtp-packet.js";
import type { RtpHeader } from "../src/rtp/rtp-packet.js";

export interface SeenPacket extends RtpHeader {
  readonly payload: Uint8Array;
  readonly at: number;
  readonly from: RemoteInfo;
}

/** A phone on loopback: keeps every packet it gets, sends what it is told. */
export class RtpPeer {
  readonly port: number;
  readonly packets: SeenPacket[] = [];
  readonly rtcp: Uint8Array[] = [];
  sequence = Math.floor(Math.random() * 65_536);
  timestamp = Math.floor(Math.random() * 0xffffffff);
  ssrc = Math.floor(Math.random() * 0xffffffff);
  payloadType = 8;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  #open = true;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.port = rtp.address().port;
    rtp.on("message", (message, from) => {
      const header = emptyRtpHeader();
      if (!parseRtp(message, header)) return;
      this.packets.push({ ...header, payload: message.subarray(header.payloadOffset, header.payloadOffset + header.payloadLength), at: performance.now(), from });
    });
    rtcp.on("message", (message) => this.rtcp.push(message));
  }

  /** @param address a loopback address: packets come from it. */
  static async open(address = "127.0.0.1"): Promise<RtpPeer> {
    for (;;) {
      const rtp = createSocket("udp4");
      await new Promise<void>((resolve) => rtp.bind(0, address, resolve));
      const port = rtp.address().port;
      const rtcp = createSocket("udp4");
      const bound = port % 2 === 0 && (await new Promise<boolean>((resolve) => rtcp.once("error", () => resolve(false)).bind(port + 1, address, () => resolve(true))));
      if (bound) return new RtpPeer(rtp, rtcp);
      rtp.close();
      rtcp.close();
    }
  }

  get remote(): { address: string; port: number; codec: "PCMA"; payloadType: number; telephoneEventPayloadType: number } {
    return { address: "127.0.0.1", port: this.port, codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 101 };
  }

  /** Sound packets only. */
  get sound(): SeenPacket[] {
    return this.packets.filter(({ payloadType }) => payloadType === this.payloadType);
  }

  /** All sound received, by timestamp, gaps silent. */
  get heard(): Uint8Array {
    const sound = this.sound;
    const first = sound[0];
    if (first === undefined) return new Uint8Array(0);
    const place = (packet: SeenPacket): number => (packet.timestamp - first.timestamp) | 0;
    const out = new Uint8Array(Math.max(...sound.map((packet) => place(packet) + packet.payload.length))).fill(ALAW_SILENCE);
    for (const packet of sound) if (place(packet) >= 0) out.set(packet.payload, place(packet));
    return out;
  }

  sendPacket(to: number, payload: Uint8Array, options: { payloadType?: number; marker?: boolean; timestamp?: number; sequence?: number } = {}): void {
    const packet = new Uint8Array(12 + payload.length);
    packet.set(payload, 12);
    writeRtpHeader(packet, options.payloadType ?? this.payloadType, options.marker ?? false, options.sequence ?? this.sequence++ & 0xffff, options.timestamp ?? this.timestamp >>> 0, this.ssrc);
    this.#rtp.send(packet, to, "127.0.0.1");
  }

  sendRaw(to: number, data: Uint8Array): void {
    this.#rtp.send(data, to, "127.0.0.1");
  }

  sendRtcp(to: number, data: Uint8Array): void {
    this.#rtcp.send(data, to, "127.0.0.1");
  }

  /** Sends sound in packets of `packetMs` at the pace of a phone. `drop` leaves out packets by number. */
  async speak(to: number, octets: Uint8Array, { packetMs = 20, drop = [] }: { packetMs?: number; drop?: readonly number[] } = {}): Promise<void> {
    const samples = packetMs * 8;
    const start = performance.now();
    for (let at = 0; at < octets.length && this.#open; at += samples) {
      const wait = start + at / 8 - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const payload = octets.subarray(at, at + samples);
      if (drop.includes(at / samples)) this.sequence++;
      else this.sendPacket(to, payload, { marker: at === 0 });
      this.timestamp += payload.length;
    }
  }

  /** Sends a key as a phone does. `drop` leaves out packets by number. */
  async press(to: number, event: number, options: { ms?: number; drop?: readonly number[] } = {}): Promise<void> {
    const steps = (options.ms ?? 100) / 20;
    const timestamp = this.timestamp >>> 0;
    for (let i = 1; i <= steps + 2; i++) {
      const duration = Math.min(i, steps) * 160;
      const end = i >= steps;
      if (options.drop?.includes(i) === true) this.sequence++;
      else this.sendPacket(to, Uint8Array.from([event, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff]), { payloadType: 101, marker: i === 1, timestamp });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.timestamp += (steps + 3) * 160;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#rtp.close();
    this.#rtcp.close();
  }
}
