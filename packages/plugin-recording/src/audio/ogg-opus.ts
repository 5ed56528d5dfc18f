import { AudioFormatError } from "./audio-format-error.js";
import { OggWriter, readOgg, segmentsOf } from "./ogg.js";

/** Samples at 8 kHz in one packet (20 ms). */
export const FRAME_SAMPLES = 160;
/** Opus counts in 48 kHz whatever the input rate was (RFC 7845 section 4). */
const GRANULE_PER_SAMPLE = 6;
const PAGE_PACKETS = 50;
const PAGE_SEGMENTS = 250;

/**
 * Writes Ogg Opus (RFC 7845) with two channels as two mono streams that share nothing (channel mapping family 1,
 * two streams, none coupled: section 5.1.1.2), so that left and right never bleed into each other, as they would
 * in joint stereo at a telephone's bit rate.
 */
export class OggOpusWriter {
  private readonly ogg: OggWriter;
  private packets: Uint8Array[] = [];
  private segments = 0;
  private frames = 0;

  /** @param preSkip decoder samples at 48 kHz to throw away at the start: the encoder's look-ahead. */
  constructor(
    serial: number,
    private readonly preSkip: number,
  ) {
    this.ogg = new OggWriter(serial);
  }

  headers(comments: readonly string[]): Uint8Array[] {
    const head = Buffer.alloc(23);
    head.write("OpusHead", 0, "latin1");
    head.writeUInt8(1, 8);
    head.writeUInt8(2, 9);
    head.writeUInt16LE(this.preSkip, 10);
    head.writeUInt32LE(8000, 12);
    head.writeInt16LE(0, 16);
    head.writeUInt8(1, 18); // mapping family
    head.writeUInt8(2, 19); // streams
    head.writeUInt8(0, 20); // of which coupled
    head.set([0, 1], 21); // left is stream 0, right is stream 1
    return [this.ogg.page([head], 0n), this.ogg.page([opusTags(comments)], 0n)];
  }

  /** Adds 20 ms of both channels; returns a page when one is full. */
  frame(left: Uint8Array, right: Uint8Array): Uint8Array | undefined {
    const packet = joinStreams(left, right);
    const needed = segmentsOf(packet.length);
    const page = this.packets.length >= PAGE_PACKETS || this.segments + needed > PAGE_SEGMENTS ? this.flush(BigInt(this.frames * FRAME_SAMPLES * GRANULE_PER_SAMPLE), false) : undefined;
    this.packets.push(packet);
    this.segments += needed;
    this.frames++;
    return page;
  }

  /** The last page. Its granule position cuts the padding of the last frame off (end trimming, section 4.4). */
  end(samples: number): Uint8Array {
    return this.flush(BigInt(this.preSkip + samples * GRANULE_PER_SAMPLE), true);
  }

  private flush(granule: bigint, last: boolean): Uint8Array {
    const page = this.ogg.page(this.packets, granule, { last });
    this.packets = [];
    this.segments = 0;
    return page;
  }
}

function opusTags(comments: readonly string[]): Uint8Array {
  const length = Buffer.alloc(4);
  const text = (value: string): Buffer[] => {
    const bytes = Buffer.from(value, "utf8");
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    return [size, bytes];
  };
  length.writeUInt32LE(comments.length);
  return Buffer.concat([Buffer.from("OpusTags", "latin1"), ...text("hotlinejs"), length, ...comments.flatMap(text)]);
}

/**
 * Packs one packet of each stream into one: the first self-delimited (RFC 6716 appendix B), the second as it is.
 * Encoders of single 20 ms frames make packets of one frame (code 0).
 */
export function joinStreams(first: Uint8Array, second: Uint8Array): Uint8Array {
  const toc = first[0];
  if (toc === undefined || (toc & 3) !== 0) throw new AudioFormatError("the encoder made a packet of several frames");
  const length = first.length - 1;
  const coded = length < 252 ? [length] : [252 + (length & 3), (length - 252 - (length & 3)) >> 2];
  const out = new Uint8Array(1 + coded.length + length + second.length);
  out[0] = toc;
  out.set(coded, 1);
  out.set(first.subarray(1), 1 + coded.length);
  out.set(second, 1 + coded.length + length);
  return out;
}

/** The reverse of `joinStreams`. */
export function splitStreams(packet: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const toc = packet[0] ?? 3;
  const one = packet[1] ?? 0;
  if ((toc & 3) !== 0) throw new AudioFormatError("a packet of several frames");
  const coded = one < 252 ? 1 : 2;
  const length = one < 252 ? one : one + 4 * (packet[2] ?? 0);
  const end = 1 + coded + length;
  if (end >= packet.length) throw new AudioFormatError("a packet is cut off");
  const first = new Uint8Array(1 + length);
  first[0] = toc;
  first.set(packet.subarray(1 + coded, end), 1);
  return [first, packet.slice(end)];
}

export interface OggOpusFile {
  /** One per 20 ms, both streams joined. */
  readonly packets: readonly Uint8Array[];
  /** At 48 kHz. */
  readonly preSkip: number;
  /** At 8 kHz, per channel. */
  readonly samples: number;
}

/** Reads what `OggOpusWriter` wrote (two uncoupled mono streams). */
export function readOggOpus(bytes: Uint8Array): OggOpusFile {
  const { packets, granule } = readOgg(bytes);
  const head = Buffer.from(packets[0] ?? []);
  if (head.length < 23 || head.toString("latin1", 0, 8) !== "OpusHead") throw new AudioFormatError("no OpusHead");
  if ((head[8] ?? 0) >> 4 !== 0 || head[9] !== 2 || head[18] !== 1 || head[19] !== 2 || head[20] !== 0) throw new AudioFormatError("not two mono streams");
  if (!Buffer.from(packets[1] ?? []).toString("latin1").startsWith("OpusTags")) throw new AudioFormatError("no OpusTags");
  const preSkip = head.readUInt16LE(10);
  return { packets: packets.slice(2), preSkip, samples: Math.max(0, Math.floor((Number(granule) - preSkip) / GRANULE_PER_SAMPLE)) };
}
