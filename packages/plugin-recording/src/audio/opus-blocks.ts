import { FRAME_SAMPLES, readOggOpus, splitStreams } from "./ogg-opus.js";
import type { OggOpusFile } from "./ogg-opus.js";
import { MonoOpusDecoder } from "./opus-codec.js";
import { WAV_FRAME_BYTES } from "./recording-wav.js";

/** Instants in one block (10 s). */
export const BLOCK_SAMPLES = 80_000;
/** Packets decoded before a block and thrown away (1 s), so that the decoder has found its state again. RFC 7845 section 4.6 asks for 80 ms at least. */
const PRE_ROLL_PACKETS = 50;

/**
 * Decodes an Ogg Opus file of ours block by block. A block's octets are the same whichever blocks were asked for
 * before, so that ranges of one WAV fit each other.
 */
export class OpusBlocks {
  private readonly file: OggOpusFile;

  constructor(bytes: Uint8Array) {
    this.file = readOggOpus(bytes);
  }

  get samples(): number {
    return this.file.samples;
  }

  /** Interleaved 16-bit stereo of block `index`, shorter for the last, empty beyond the end. */
  decode(index: number): Uint8Array {
    const start = index * BLOCK_SAMPLES;
    const count = Math.max(0, Math.min(BLOCK_SAMPLES, this.file.samples - start));
    const out = new Int16Array(count * 2);
    const skip = Math.round(this.file.preSkip / 6);
    const firstPacket = Math.max(0, Math.floor((start + skip) / FRAME_SAMPLES) - PRE_ROLL_PACKETS);
    const endPacket = Math.min(this.file.packets.length, Math.ceil((start + count + skip) / FRAME_SAMPLES));
    const decoders = [new MonoOpusDecoder(), new MonoOpusDecoder()] as const;
    for (let number = firstPacket; number < endPacket; number++) {
      const packet = this.file.packets[number];
      if (packet === undefined) break;
      const streams = splitStreams(packet);
      for (const channel of [0, 1] as const) {
        const pcm = decoders[channel].decode(streams[channel]);
        const at = number * FRAME_SAMPLES - skip - start;
        for (let i = Math.max(0, -at); i < pcm.length && at + i < count; i++) out[(at + i) * 2 + channel] = pcm[i] ?? 0;
      }
    }
    return new Uint8Array(out.buffer, 0, count * WAV_FRAME_BYTES);
  }
}
