import type { CompressRequest, CompressResult } from "./compress-capture.js";
import { compressCapture } from "./compress-capture.js";
import { OpusBlocks } from "./opus-blocks.js";

export type AudioRequest =
  | { readonly id: number; readonly type: "compress"; readonly request: CompressRequest }
  | { readonly id: number; readonly type: "decode"; readonly key: string; readonly index: number; readonly file?: Uint8Array };

export type AudioReply =
  | { readonly id: number; readonly type: "compressed"; readonly result: CompressResult }
  | { readonly id: number; readonly type: "decoded"; readonly bytes: Uint8Array }
  /** The file is not at hand: ask again with it. */
  | { readonly id: number; readonly type: "need-file" }
  | { readonly id: number; readonly type: "error"; readonly message: string; readonly format: boolean };

/** Parsed files kept for the next range of a listener. */
const KEPT_FILES = 8;

/** Answers requests, wherever it runs: in the worker, or on the main thread where there is no built worker. */
export class AudioRequests {
  private readonly files = new Map<string, OpusBlocks>();

  constructor(private readonly breathe: () => Promise<void>) {}

  async answer(request: AudioRequest): Promise<AudioReply> {
    try {
      if (request.type === "compress") return { id: request.id, type: "compressed", result: await compressCapture(request.request, this.breathe) };
      const blocks = request.file === undefined ? this.files.get(request.key) : new OpusBlocks(request.file);
      if (blocks === undefined) return { id: request.id, type: "need-file" };
      this.files.delete(request.key);
      this.files.set(request.key, blocks);
      for (const [oldest] of this.files) {
        if (this.files.size <= KEPT_FILES) break;
        this.files.delete(oldest);
      }
      return { id: request.id, type: "decoded", bytes: blocks.decode(request.index) };
    } catch (error) {
      const known = error instanceof Error;
      return { id: request.id, type: "error", message: known ? error.message : String(error), format: known && (error.name === "AudioFormatError" || (error as { code?: unknown }).code === "HTL_MEDIA_BAD_CAPTURE") };
    }
  }
}
