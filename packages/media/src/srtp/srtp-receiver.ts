import { createHmac } from "node:crypto";
import type { SrtpSuite } from "@hotlinejs/core";
import { PacketIndex, ReplayWindow } from "./packet-index.js";
import { deriveKeys, RTCP_TAG_BYTES, TAG_BYTES } from "./srtp-keys.js";
import type { SessionKeys } from "./srtp-keys.js";
import { ssrcOf } from "./srtp-sender.js";

/** Sources of one peer that are kept apart; the one known longest makes room. A phone has one, and a new one after a restart. */
const MAX_SOURCES = 8;

/** RTP and RTCP of one source. */
interface Source {
  readonly index: PacketIndex;
  readonly rtp: ReplayWindow;
  readonly rtcp: ReplayWindow;
}

/** Checks and decrypts what one leg receives (RFC 3711). What is forged, damaged or came before is refused. */
export class SrtpReceiver {
  /** Packets refused: a wrong tag, or seen before. */
  refused = 0;
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #tag: number;
  readonly #sources = new Map<number, Source>();
  readonly #turn = Buffer.alloc(4);

  /** @param master key and salt, 30 octets. */
  constructor(suite: SrtpSuite, master: Uint8Array) {
    this.#rtp = deriveKeys(master, 0);
    this.#rtcp = deriveKeys(master, 3);
    this.#tag = TAG_BYTES[suite];
  }

  /** The packet in clear, in the same memory; `undefined`: refused. */
  unprotect(packet: Uint8Array): Uint8Array | undefined {
    const end = packet.length - this.#tag;
    if (end < 12 || (packet[0] as number) >> 6 !== 2) return this.#refuse();
    const payload = headerEnd(packet);
    if (payload > end) return this.#refuse();
    const ssrc = ssrcOf(packet, 8);
    const known = this.#sources.get(ssrc);
    const source = known ?? newSource();
    const index = source.index.guess(((packet[2] as number) << 8) | (packet[3] as number));
    if (!source.rtp.fresh(index)) return this.#refuse();
    this.#turn.writeUInt32BE(Math.floor(index / 0x1_0000) >>> 0);
    const tag = createHmac("sha1", this.#rtp.authKey).update(packet.subarray(0, end)).update(this.#turn).digest();
    if (!same(tag, packet, end, this.#tag)) return this.#refuse();
    this.#keep(ssrc, source, known === undefined);
    source.index.accept(index);
    source.rtp.accept(index);
    this.#rtp.cipher.apply(ssrc, index, packet, payload, packet, payload, end - payload);
    return packet.subarray(0, end);
  }

  /** The same for a compound RTCP packet. */
  unprotectRtcp(packet: Uint8Array): Uint8Array | undefined {
    const end = packet.length - RTCP_TAG_BYTES - 4;
    if (end < 8) return this.#refuse();
    const word = ssrcOf(packet, end);
    const index = word & 0x7fffffff;
    const ssrc = ssrcOf(packet, 4);
    const known = this.#sources.get(ssrc);
    const source = known ?? newSource();
    if (!source.rtcp.fresh(index)) return this.#refuse();
    const tag = createHmac("sha1", this.#rtcp.authKey).update(packet.subarray(0, end + 4)).digest();
    if (!same(tag, packet, end + 4, RTCP_TAG_BYTES)) return this.#refuse();
    this.#keep(ssrc, source, known === undefined);
    source.rtcp.accept(index);
    if ((word & 0x80000000) !== 0) this.#rtcp.cipher.apply(ssrc, index, packet, 8, packet, 8, end - 8);
    return packet.subarray(0, end);
  }

  /** Only of a packet that was genuine: others must not push sources out. */
  #keep(ssrc: number, source: Source, fresh: boolean): void {
    if (!fresh) return;
    if (this.#sources.size >= MAX_SOURCES) {
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest);
        break;
      }
    }
    this.#sources.set(ssrc, source);
  }

  #refuse(): undefined {
    this.refused++;
    return undefined;
  }
}

function newSource(): Source {
  return { index: new PacketIndex(), rtp: new ReplayWindow(), rtcp: new ReplayWindow() };
}

/** Where the payload begins: behind CSRCs and extension, which are not encrypted. Beyond the packet when it is cut short. */
function headerEnd(packet: Uint8Array): number {
  const first = packet[0] as number;
  const at = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) === 0) return at;
  return at + 4 <= packet.length ? at + 4 + (((packet[at + 2] as number) << 8) | (packet[at + 3] as number)) * 4 : packet.length + 1;
}

/** In constant time. */
function same(tag: Uint8Array, packet: Uint8Array, at: number, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= (tag[i] as number) ^ (packet[at + i] as number);
  return difference === 0;
}
