import { createHmac } from "node:crypto";
import type { SrtpSuite } from "@hotlinejs/core";
import { PacketIndex } from "./packet-index.js";
import { deriveKeys, RTCP_TAG_BYTES, TAG_BYTES } from "./srtp-keys.js";
import type { SessionKeys } from "./srtp-keys.js";

/** Packets under way in the kernel's queue before a buffer is used again. */
const RING = 8;
const HEADER = 12;

/** Protects what one leg sends (RFC 3711). All of it has one SSRC. */
export class SrtpSender {
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #tag: number;
  readonly #index = new PacketIndex();
  readonly #ring: Uint8Array[] = [];
  #next = 0;
  #rtcpIndex = 0;
  readonly #turn = Buffer.alloc(4);

  /** @param master key and salt, 30 octets. */
  constructor(suite: SrtpSuite, master: Uint8Array) {
    this.#rtp = deriveKeys(master, 0);
    this.#rtcp = deriveKeys(master, 3);
    this.#tag = TAG_BYTES[suite];
  }

  /** The packet, protected, in a buffer that is used again a few packets later. It must have a plain header of 12 octets. */
  protect(packet: Uint8Array): Uint8Array {
    const length = packet.length;
    const out = this.#buffer(length + this.#tag);
    const sequence = ((packet[2] as number) << 8) | (packet[3] as number);
    const guess = this.#index.guess(sequence);
    // A relayed packet of before the first one: it cannot be told from one of the turn after, so it counts as that.
    const index = guess < 0 ? guess + 0x1_0000 : guess;
    this.#index.accept(index);
    for (let i = 0; i < HEADER; i++) out[i] = packet[i] as number;
    this.#rtp.cipher.apply(ssrcOf(packet, 8), index, packet, HEADER, out, HEADER, length - HEADER);
    this.#turn.writeUInt32BE(Math.floor(index / 0x1_0000) >>> 0);
    const tag = createHmac("sha1", this.#rtp.authKey).update(out.subarray(0, length)).update(this.#turn).digest();
    for (let i = 0; i < this.#tag; i++) out[length + i] = tag[i] as number;
    return out;
  }

  protectRtcp(packet: Uint8Array): Uint8Array {
    const length = packet.length;
    const out = Buffer.alloc(length + 4 + RTCP_TAG_BYTES);
    this.#rtcpIndex = (this.#rtcpIndex + 1) & 0x7fffffff;
    out.set(packet.subarray(0, 8));
    this.#rtcp.cipher.apply(ssrcOf(packet, 4), this.#rtcpIndex, packet, 8, out, 8, length - 8);
    out.writeUInt32BE((0x80000000 | this.#rtcpIndex) >>> 0, length); // E: encrypted
    const tag = createHmac("sha1", this.#rtcp.authKey).update(out.subarray(0, length + 4)).digest();
    out.set(tag.subarray(0, RTCP_TAG_BYTES), length + 4);
    return out;
  }

  #buffer(length: number): Uint8Array {
    const at = this.#next++ % RING;
    const held = this.#ring[at];
    if (held !== undefined && held.length === length) return held;
    const made = Buffer.allocUnsafeSlow(length);
    this.#ring[at] = made;
    return made;
  }
}

export function ssrcOf(packet: Uint8Array, at: number): number {
  return (((packet[at] as number) << 24) | ((packet[at + 1] as number) << 16) | ((packet[at + 2] as number) << 8) | (packet[at + 3] as number)) >>> 0;
}
