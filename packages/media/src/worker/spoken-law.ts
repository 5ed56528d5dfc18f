import type { AudioCodec } from "@hotlinejs/core";
import { NarrowToG722 } from "../codec/g722-narrow.js";
import { ALAW_TO_LINEAR, ALAW_TO_ULAW, mapOctets, ULAW_TO_ALAW, ULAW_TO_LINEAR } from "../codec/g711.js";

/** Static payload types (RFC 3551 table 4). */
const STATIC_CODECS: Readonly<Record<number, AudioCodec>> = { 0: "PCMU", 8: "PCMA", 9: "G722" };

/**
 * The codec of a payload type: the negotiated one, or that of a static type (RFC 3551 section 6),
 * because a peer that was offered several may send any at any time (RFC 3264 section 7).
 */
export function soundCodec(payloadType: number, agreed: { readonly payloadType: number; readonly codec: AudioCodec }): AudioCodec | undefined {
  return payloadType === agreed.payloadType ? agreed.codec : STATIC_CODECS[payloadType];
}

/** The same name as a literal: a string that came from another thread equals one only octet by octet, at every packet. */
export function knownCodec(name: AudioCodec): AudioCodec {
  return name === "PCMU" ? "PCMU" : name === "G722" ? "G722" : "PCMA";
}

/** What makes A-law of a codec's octets; `undefined`: they are A-law. Not for G.722. */
export function toAlaw(codec: AudioCodec): Uint8Array | undefined {
  return codec === "PCMU" ? ULAW_TO_ALAW : undefined;
}

/** Puts the sound that goes to a peer into the peer's codec. Of each codec a packet has one octet for each sample of 8 kHz. */
export class SpokenLaw {
  #g722: NarrowToG722 | undefined;

  /** The peer has, or may have, begun to decode anew. */
  begin(): void {
    this.#g722 = undefined;
  }

  /** Writes sound of one of the laws of G.711 as the peer's codec; both places may be the same. */
  write(from: AudioCodec, octets: Uint8Array, offset: number, to: AudioCodec, packet: Uint8Array, at: number, length: number): void {
    if (to === "G722") (this.#g722 ??= new NarrowToG722()).encode(from === "PCMU" ? ULAW_TO_LINEAR : ALAW_TO_LINEAR, octets, offset, packet, at, length);
    else mapOctets(to === "PCMU" ? ALAW_TO_ULAW : ULAW_TO_ALAW, octets, offset, packet, at, length);
  }
}
