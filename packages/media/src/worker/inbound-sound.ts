import type { AudioCodec, DtmfDigit } from "@hotlinejs/core";
import type { KeyWay } from "../dsp/key-twins.js";

/** The party that sound comes from. */
export interface SoundSource {
  /** This packet of its could not be played. */
  discarded(sound: InboundSound): void;
  /** The packet being handled as one of G.711: itself, or what is made of it once. `undefined`: it came too late for that. */
  narrowed(sound: InboundSound): InboundSound | undefined;
}

/** A packet as it came from a party. One object per leg is filled again for every packet: read it, do not keep it. */
export interface InboundSound {
  readonly source: SoundSource;
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
  /** The party pressed a key, which came this way. */
  key(digit: DtmfDigit, durationMs: number, way: KeyWay): void;
  /** Whether the party's leg relays has changed. */
  relaysChanged(): void;
  /** A key is down in the party's sound, or not any more: where it is passed on in another form its tone is not. */
  tone(down: boolean): void;
  /** Whether the other of two who talk takes the party's keys otherwise than as tones. */
  readonly carriesKeys: boolean;
}
