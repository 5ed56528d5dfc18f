import { comfortNoiseLevel } from "../codec/comfort-noise.js";
import { JitterBuffer } from "../rtp/jitter-buffer.js";
import type { PlayoutFigures } from "../rtp/playout-figures.js";
import type { InboundSound } from "./inbound-sound.js";
import type { LegHost } from "./leg-host.js";
import { toAlaw } from "./spoken-law.js";

/** A buffer in the bounds of the worker, which counts into the figures of the party whose sound it holds. */
export function playoutOf({ data }: LegHost, figures: PlayoutFigures | undefined): JitterBuffer {
  return new JitterBuffer({ minDelayMs: data.jitterMinMs, maxDelayMs: data.jitterMaxMs, ...(figures === undefined ? {} : { figures }) });
}

/** Puts what came from a party, sound or comfort noise, where it will be played. The party is told of a packet that came too late for it. */
export function putSound(buffer: JitterBuffer, sound: InboundSound, now: number): void {
  if (sound.noise) buffer.rest(sound.ssrc, sound.timestamp, comfortNoiseLevel(sound.packet, sound.offset), now);
  else {
    const narrow = sound.source.narrowed(sound);
    const before = buffer.discarded;
    if (narrow !== undefined) buffer.put(narrow.ssrc, narrow.timestamp, narrow.packet, narrow.offset, narrow.length, now, toAlaw(narrow.codec));
    if (narrow === undefined || buffer.discarded !== before) sound.source.discarded(sound);
  }
}
