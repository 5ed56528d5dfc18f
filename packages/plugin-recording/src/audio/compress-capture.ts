import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { interleave, openCapture, wavHeader } from "@hotlinejs/media/capture";
import { FRAME_SAMPLES, OggOpusWriter } from "./ogg-opus.js";
import { MonoOpusEncoder } from "./opus-codec.js";
import { RECORDING_WAV } from "./recording-wav.js";

export interface CompressRequest {
  readonly capturePath: string;
  /** Written anew. */
  readonly opusPath: string;
  /** Number of the logical stream: the same recording always gives the same file. */
  readonly serial: number;
  /** `NAME=value` comments of the file. */
  readonly comments: readonly string[];
}

export interface CompressResult {
  /** Per channel at 8 kHz. */
  readonly samples: number;
  readonly truncated: boolean;
  /** Left out on purpose, milliseconds from the start. */
  readonly excluded: readonly { readonly from: number; readonly to: number }[];
  /** Of the stereo WAV that the capture stands for. */
  readonly wavSha256: string;
  readonly opusSha256: string;
  readonly opusBytes: number;
}

/** Frames (5 s) after which others get their turn. */
const SLICE_FRAMES = 250;

/**
 * Turns a capture file into an Ogg Opus file. Runs in the audio worker; `breathe` lets other requests in.
 *
 * @throws HTL_MEDIA_BAD_CAPTURE when the file is no capture; file system errors as they are.
 */
export async function compressCapture(request: CompressRequest, breathe: () => Promise<void>): Promise<CompressResult> {
  const capture = await openCapture(request.capturePath);
  const target = await open(request.opusPath, "w");
  try {
    const wav = createHash("sha256").update(wavHeader(RECORDING_WAV, capture.samples));
    const opus = createHash("sha256");
    let opusBytes = 0;
    const write = async (bytes: Uint8Array): Promise<void> => {
      opus.update(bytes);
      opusBytes += bytes.length;
      await target.writeFile(bytes);
    };
    const frames = new StereoFrames(request.serial);
    for (const page of frames.writer.headers(request.comments)) await write(page);
    let slice = 0;
    for await (const chunk of capture.readStereo()) {
      const octets = interleave(chunk, RECORDING_WAV);
      wav.update(octets);
      for (const page of frames.push(new Int16Array(octets.buffer, octets.byteOffset, octets.length >> 1))) await write(page);
      if (frames.encoded - slice >= SLICE_FRAMES) {
        slice = frames.encoded;
        await breathe();
      }
    }
    for (const page of frames.end(capture.samples)) await write(page);
    await target.sync();
    return { samples: capture.samples, truncated: capture.truncated, excluded: capture.excluded.map(({ from, to }) => ({ from: Math.floor(from / 8), to: Math.ceil(to / 8) })), wavSha256: wav.digest("hex"), opusSha256: opus.digest("hex"), opusBytes };
  } finally {
    await target.close();
  }
}

/** Cuts sound into frames of 20 ms and encodes both channels. */
class StereoFrames {
  encoded = 0;
  readonly writer: OggOpusWriter;
  private readonly left = new MonoOpusEncoder();
  private readonly right = new MonoOpusEncoder();
  private readonly leftFrame = new Int16Array(FRAME_SAMPLES);
  private readonly rightFrame = new Int16Array(FRAME_SAMPLES);
  private filled = 0;

  constructor(serial: number) {
    this.writer = new OggOpusWriter(serial, this.left.lookAhead * 6);
  }

  /** @param stereo interleaved. */
  push(stereo: Int16Array): Uint8Array[] {
    const pages: Uint8Array[] = [];
    for (let i = 0; i + 1 < stereo.length; i += 2) {
      this.leftFrame[this.filled] = stereo[i] ?? 0;
      this.rightFrame[this.filled] = stereo[i + 1] ?? 0;
      if (++this.filled < FRAME_SAMPLES) continue;
      this.filled = 0;
      this.encoded++;
      const page = this.writer.frame(this.left.encode(this.leftFrame), this.right.encode(this.rightFrame));
      if (page !== undefined) pages.push(page);
    }
    return pages;
  }

  /** The encoder is late by its look-ahead: as much silence pushes the end through, and fills the last frame. */
  end(samples: number): Uint8Array[] {
    const needed = Math.max(1, Math.ceil((samples + this.left.lookAhead) / FRAME_SAMPLES));
    const missing = needed * FRAME_SAMPLES - (this.encoded * FRAME_SAMPLES + this.filled);
    return [...this.push(new Int16Array(Math.max(0, missing) * 2)), this.writer.end(samples)];
  }
}
