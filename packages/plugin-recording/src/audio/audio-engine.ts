import type { CompressRequest, CompressResult } from "./compress-capture.js";

/** The heavy work on sound, off the main thread. */
export interface AudioEngine {
  /** Rejects with a coded error; the capture is never changed. */
  compress(request: CompressRequest): Promise<CompressResult>;
  /**
   * Decodes one block (see OpusBlocks) of an Opus file.
   *
   * @param key the same for the same file: its parsed form is kept for a while.
   * @param load fetches the file when it is not at hand.
   */
  decodeBlock(key: string, index: number, load: () => Promise<Uint8Array>): Promise<Uint8Array>;
  close(): Promise<void>;
}
