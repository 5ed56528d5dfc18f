import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { BlobInfo, Blobs } from "../contracts/data.js";
import type { Activity, Clock, Ids, Timer } from "../contracts/time.js";
import type { Logger } from "../log/logger.js";
import { CHUNK_SIZE, type BlobStore } from "./blob-store.js";
import { dataErrors } from "./data-errors.js";

export interface StoredBlobsOptions {
  readonly store: BlobStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly activity: Activity;
  readonly log: Logger;
}

/** Blobs nobody has claimed are deleted when they are this old. */
export const UNCLAIMED_KEPT_MS = 86_400_000;
const SWEEP_EVERY_MS = 3_600_000;
const SWEEP_BATCH = 100;

/** See the contract. Cuts content into pieces, sums it and keeps order in the store. */
export class StoredBlobs implements Blobs {
  readonly #options: StoredBlobsOptions;
  #sweeper: Timer | undefined;

  constructor(options: StoredBlobsOptions) {
    this.#options = options;
  }

  put(content: Readable | Uint8Array, options: { contentType: string; owner: string }): Promise<BlobInfo> {
    return this.#options.activity.track(this.#put(content, options));
  }

  info(id: string): Promise<BlobInfo | undefined> {
    return this.#options.store.info(id);
  }

  async open(id: string, range?: { start: number; end: number }): Promise<Readable> {
    const info = await this.#options.store.info(id);
    if (info === undefined) throw dataErrors.BLOB_MISSING(id);
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? info.size - 1, info.size - 1);
    if (range !== undefined && (!Number.isInteger(range.start) || !Number.isInteger(range.end) || start < 0 || start > end)) throw dataErrors.BLOB_RANGE(range.start, range.end, info.size);
    return Readable.from(this.#pieces(id, start, end), { objectMode: false, highWaterMark: CHUNK_SIZE });
  }

  async claim(id: string): Promise<void> {
    if (!(await this.#options.store.claim(id, this.#options.clock.now()))) throw dataErrors.BLOB_MISSING(id);
  }

  remove(id: string): Promise<void> {
    return this.#options.store.remove(id);
  }

  start(): void {
    this.#sweeper = this.#options.clock.setInterval(() => void this.#options.activity.track(this.#sweepSafely()), SWEEP_EVERY_MS);
  }

  stop(): void {
    this.#sweeper?.cancel();
  }

  /** Deletes what was made a day ago or earlier and never claimed. Resolves with the number. */
  async sweep(): Promise<number> {
    const before = this.#options.clock.now() - UNCLAIMED_KEPT_MS;
    let total = 0;
    for (;;) {
      const removed = await this.#options.store.sweep(before, SWEEP_BATCH);
      total += removed;
      if (removed < SWEEP_BATCH) return total;
    }
  }

  async #put(content: Readable | Uint8Array, { contentType, owner }: { contentType: string; owner: string }): Promise<BlobInfo> {
    const { store, ids, clock } = this.#options;
    const id = ids.next();
    const writer = await store.create({ id, contentType, owner, createdAt: clock.now() });
    const hash = createHash("sha256");
    let size = 0;
    let rest: Uint8Array[] = [];
    let restLength = 0;
    try {
      for await (const part of content instanceof Uint8Array ? [content] : (content as AsyncIterable<Uint8Array | string>)) {
        const octets = typeof part === "string" ? Buffer.from(part, "utf8") : part;
        hash.update(octets);
        size += octets.length;
        let at = 0;
        while (restLength + octets.length - at >= CHUNK_SIZE) {
          const taken = octets.subarray(at, at + CHUNK_SIZE - restLength);
          at += taken.length;
          await writer.append(restLength === 0 ? taken : Buffer.concat([...rest, taken]));
          rest = [];
          restLength = 0;
        }
        if (at < octets.length) {
          rest.push(octets.subarray(at));
          restLength += octets.length - at;
        }
      }
      if (restLength > 0) await writer.append(Buffer.concat(rest));
      const sha256 = hash.digest("hex");
      await writer.finish(size, sha256);
      return { id, size, sha256, contentType };
    } catch (error) {
      if (content instanceof Readable) content.destroy();
      await writer.abort();
      throw error;
    }
  }

  async *#pieces(id: string, start: number, end: number): AsyncGenerator<Uint8Array> {
    let at = start;
    while (at <= end) {
      const inPiece = CHUNK_SIZE - (at % CHUNK_SIZE);
      const piece = await this.#options.store.read(id, at, Math.min(inPiece, end - at + 1));
      if (piece === undefined || piece.length === 0) throw dataErrors.BLOB_MISSING(id);
      at += piece.length;
      yield piece;
    }
  }

  async #sweepSafely(): Promise<void> {
    try {
      const removed = await this.sweep();
      if (removed > 0) this.#options.log.info({ blobs: removed }, "blobs nobody claimed deleted");
    } catch (error) {
      this.#options.log.error({ err: error }, "sweeping blobs failed");
    }
  }
}
