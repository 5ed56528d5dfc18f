import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import type { Blobs, HttpContent } from "@hotlinejs/core";
import { interleave, openCapture, WAV_HEADER_BYTES, wavHeader } from "@hotlinejs/media/capture";
import type { CaptureFile } from "@hotlinejs/media/capture";
import type { AudioEngine } from "./audio/audio-engine.js";
import { BLOCK_SAMPLES } from "./audio/opus-blocks.js";
import { RECORDING_WAV, WAV_FRAME_BYTES } from "./audio/recording-wav.js";
import type { CaptureFolder } from "./capture-folder.js";
import type { RecordingRow } from "./entities/recording.entity.js";
import { errors } from "./errors.js";
import type { RecordingStore } from "./recording-store.js";

/** Gives the sound of a recording, as bytes with ranges, from whatever there is of it. */
export class RecordingAudio {
  constructor(
    private readonly folder: CaptureFolder,
    private readonly blobs: Blobs,
    private readonly engine: AudioEngine,
    private readonly store: Pick<RecordingStore, "row">,
  ) {}

  /**
   * 16-bit stereo WAV at 8 kHz. From the capture as long as there is one (also of a call in progress, as far as it
   * is written), else decoded from the Opus file.
   */
  async wav(row: RecordingRow): Promise<HttpContent> {
    const capture = await this.capture(row);
    if (capture !== undefined) {
      return this.content(row, capture.samples, `"${row.id}-capture-${capture.samples}"`, (from, to) => this.captured(row, capture, from, to));
    }
    // Compressed since the row was read, perhaps.
    const { opusBlobId: blobId, samples, opusSha256 } = row.opusBlobId === null ? ((await this.store.row(row.id)) ?? row) : row;
    if (blobId === null || blobId === undefined || samples === null || samples === undefined) throw errors.NO_AUDIO(row.id);
    return this.content(row, samples, `"${opusSha256 ?? row.id}-wav"`, (from, to) => this.decoded(blobId, from, to));
  }

  /** The Ogg Opus file. `HTL_RECORDING_NOT_COMPRESSED` (409) before compression. */
  async opus(row: RecordingRow): Promise<HttpContent> {
    const { opusBlobId: blobId, opusBytes: size } = row;
    if (row.state === "failed") throw errors.NO_AUDIO(row.id);
    if (blobId === null || blobId === undefined || size === null || size === undefined) throw errors.NOT_COMPRESSED(row.id);
    return {
      kind: "content",
      contentType: "audio/ogg; codecs=opus",
      size,
      fileName: `${row.id}.opus`,
      etag: `"${row.opusSha256 ?? row.id}"`,
      open: (start, end) => Readable.from(pump(() => this.blobs.open(blobId, { start, end })), { objectMode: false }),
    };
  }

  private content(row: RecordingRow, samples: number, etag: string, chunks: (from: number, to: number) => AsyncIterable<Uint8Array>): HttpContent {
    const size = WAV_HEADER_BYTES + samples * WAV_FRAME_BYTES;
    return {
      kind: "content",
      contentType: "audio/wav",
      size,
      fileName: `${row.id}.wav`,
      etag,
      open: (start, end) => Readable.from(wavBytes(samples, start, Math.min(end, size - 1), chunks), { objectMode: false }),
    };
  }

  private async capture(row: RecordingRow): Promise<CaptureFile | undefined> {
    if (row.captureFile === null || row.captureFile === undefined) return undefined;
    const path = this.folder.file(row.captureFile);
    try {
      return await openCapture(path);
    } catch (error) {
      // Removed since the row was read: then the Opus file is there.
      if (isGone(error)) return undefined;
      throw errors.NO_AUDIO(row.id, { cause: error });
    }
  }

  /** Between the look at the capture and its reading it may have been compressed and removed: the Opus file has the same time-line. */
  private async *captured(row: RecordingRow, capture: CaptureFile, from: number, to: number): AsyncGenerator<Uint8Array> {
    try {
      yield* captureChunks(capture, from, to);
    } catch (error) {
      if (!isGone(error)) throw error;
      const blobId = (await this.store.row(row.id))?.opusBlobId;
      if (blobId === null || blobId === undefined) throw errors.NO_AUDIO(row.id, { cause: error });
      yield* this.decoded(blobId, from, to);
    }
  }

  private async *decoded(blobId: string, from: number, to: number): AsyncGenerator<Uint8Array> {
    const load = async (): Promise<Uint8Array> => new Uint8Array(await buffer(await this.blobs.open(blobId)));
    for (let block = Math.floor(from / BLOCK_SAMPLES); block * BLOCK_SAMPLES < to; block++) {
      const bytes = await this.engine.decodeBlock(blobId, block, load);
      const start = block * BLOCK_SAMPLES;
      yield bytes.subarray(Math.max(0, from - start) * WAV_FRAME_BYTES, (Math.min(to, start + BLOCK_SAMPLES) - start) * WAV_FRAME_BYTES);
    }
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

async function* captureChunks(capture: CaptureFile, from: number, to: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of capture.readStereo(from, to)) yield interleave(chunk, RECORDING_WAV);
}

/** Octets `start` to `end` (inclusive) of the WAV file. */
async function* wavBytes(samples: number, start: number, end: number, chunks: (from: number, to: number) => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (start < WAV_HEADER_BYTES) yield wavHeader(RECORDING_WAV, samples).subarray(start, end + 1);
  const first = Math.max(0, start - WAV_HEADER_BYTES);
  const last = end - WAV_HEADER_BYTES;
  if (last < first) return;
  const from = Math.floor(first / WAV_FRAME_BYTES);
  const to = Math.min(samples, Math.floor(last / WAV_FRAME_BYTES) + 1);
  let skip = first - from * WAV_FRAME_BYTES;
  let left = last - first + 1;
  for await (const bytes of chunks(from, to)) {
    const part = bytes.subarray(skip, skip + left);
    skip = Math.max(0, skip - bytes.length);
    left -= part.length;
    if (part.length > 0) yield part;
    if (left <= 0) return;
  }
}

async function* pump(open: () => Promise<Readable>): AsyncGenerator<Buffer> {
  yield* await open();
}
