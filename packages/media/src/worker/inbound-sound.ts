import type { AudioCodec } from "@hotlinejs/core";

/** A packet as it came from a party. One object per leg is filled again for every packet: read it, do not keep it. */
export interface InboundSound {
  /** Identity of the party. */
  readonly source: object;
  codec: AudioCodec;
  /** An RFC 4733 packet instead of sound. */
  event: boolean;
  /** A comfort-noise packet instead of sound (RFC 3389). */
  noise: boolean;
  ssrc: number;
  sequence: number;
  timestamp: number;
  marker: boolean;
  /** The whole packet. It belongs to the receiver of this object, who may overwrite it. */
  packet: Uint8Array;
  offset: number;
  length: number;
}

/** A leg's place in a bridge, as the leg sees it. */
export interface BridgeSeat {
  /** A packet came from the party. */
  sound(sound: InboundSound): void;
  /** The party pressed a key that its sound does not carry. */
  key(digit: string, durationMs: number): void;
}
