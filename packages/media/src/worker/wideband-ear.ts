import { G722ToAlaw } from "../codec/g722-narrow.js";
import { RTP_HEADER_BYTES } from "../rtp/rtp-packet.js";
import type { InboundSound, SoundSource } from "./inbound-sound.js";
import { PacketRing } from "./packet-ring.js";

/**
 * Makes A-law of the G.722 that comes from a party. Each packet is decoded with what the one before it left behind, so the order matters:
 * where packets are missing, the decoder goes on, and another one waits where it stood for them to come late. It is asked only where
 * somebody needs the sound so, and finds its way back into the stream within some 20 ms.
 */
export class WidebandEar {
  readonly #out: InboundSound;
  readonly #ring = new PacketRing();
  #decoder = new G722ToAlaw();
  #started = false;
  #ssrc = 0;
  /** Of the packet decoded last. */
  #sequence = 0;
  /** Stands before a gap. */
  readonly #waiting = new G722ToAlaw();
  #awaited = -1;

  constructor(source: SoundSource) {
    this.#out = { source, codec: "PCMA", event: false, noise: false, ssrc: 0, sequence: 0, timestamp: 0, marker: false, packet: new Uint8Array(0), offset: RTP_HEADER_BYTES, length: 0 };
  }

  /**
   * The sound of a packet as A-law, with room for an RTP header before it; filled again for the next.
   *
   * @param late a packet with a higher number came before.
   * @returns undefined for a late one whose place has gone by.
   */
  hear(sound: InboundSound, late: boolean): InboundSound | undefined {
    const decoder = this.#decoderFor(sound, late);
    if (decoder === undefined) return undefined;
    const out = this.#out;
    out.ssrc = sound.ssrc;
    out.sequence = sound.sequence;
    out.timestamp = sound.timestamp;
    out.marker = sound.marker;
    out.length = sound.length;
    out.packet = this.#ring.take(RTP_HEADER_BYTES + sound.length);
    decoder.decode(sound.packet, sound.offset, out.packet, RTP_HEADER_BYTES, sound.length);
    return out;
  }

  #decoderFor({ ssrc, sequence }: InboundSound, late: boolean): G722ToAlaw | undefined {
    if (!this.#started || ssrc !== this.#ssrc) {
      if (this.#started) this.#decoder = new G722ToAlaw();
      this.#started = true;
      this.#ssrc = ssrc;
      this.#awaited = -1;
    } else if (late) {
      if (sequence !== this.#awaited) return undefined;
      this.#awaited = (sequence + 1) & 0xffff;
      return this.#waiting;
    } else if (sequence !== ((this.#sequence + 1) & 0xffff)) {
      this.#awaited = (this.#sequence + 1) & 0xffff;
      this.#waiting.copy(this.#decoder);
    }
    this.#sequence = sequence;
    return this.#decoder;
  }
}
