import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BlobInfo } from "../contracts/data.js";
import type { Logger } from "../log/logger.js";
import type { BlobStore, BlobWriter, NewBlob } from "./blob-store.js";
import { isFileMissing, translateError } from "./database-error.js";

/** What lies beside a content. */
export interface BlobCard {
  readonly id: string;
  readonly owner: string;
  readonly contentType: string;
  readonly createdAt: number;
  readonly size: number;
  readonly sha256: string;
  readonly claimedAt?: number;
}

/**
 * Blobs as files: `<folder>/<last two of the id>/<id>.bin` with a card `<id>.json` beside it. The
 * card is written last and renamed into place, so a blob is there wholly or not at all.
 */
export class FolderBlobStore implements BlobStore {
  readonly #folder: string;
  readonly #log: Logger;

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  async open(): Promise<void> {
    await this.#guard(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      for (const sub of await this.#subfolders()) {
        const names = new Set(await readdir(sub));
        for (const name of names) {
          const unfinished = name.endsWith(".tmp") || (name.endsWith(".bin") && !names.has(name.replace(/\.bin$/, ".json")));
          if (unfinished) await rm(join(sub, name), { force: true });
        }
      }
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async create(blob: NewBlob): Promise<BlobWriter> {
    const content = this.#path(blob.id, "bin");
    const handle = await this.#guard(async () => {
      await mkdir(join(content, ".."), { recursive: true, mode: 0o700 });
      return open(content, "wx", 0o600);
    });
    return {
      append: async (chunk) => {
        await this.#guard(() => handle.writeFile(chunk));
      },
      finish: (size, sha256) =>
        this.#guard(async () => {
          await handle.sync();
          await handle.close();
          await this.#writeCard({ ...blob, size, sha256 });
        }),
      abort: async () => {
        try {
          await handle.close();
          await rm(content, { force: true });
        } catch (error) {
          this.#log.warn({ err: error, blob: blob.id }, "an unfinished blob could not be deleted; the next start does it");
        }
      },
    };
  }

  async info(id: string): Promise<BlobInfo | undefined> {
    const card = await this.#card(id);
    return card === undefined ? undefined : { id, size: card.size, sha256: card.sha256, contentType: card.contentType };
  }

  read(id: string, start: number, length: number): Promise<Uint8Array | undefined> {
    return this.#guard(async () => {
      try {
        const handle = await open(this.#path(id, "bin"), "r");
        try {
          const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafe(length), position: start });
          return buffer.subarray(0, bytesRead);
        } finally {
          await handle.close();
        }
      } catch (error) {
        if (isFileMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async claim(id: string, at: number): Promise<boolean> {
    const card = await this.#card(id);
    if (card === undefined) return false;
    if (card.claimedAt === undefined) await this.#guard(() => this.#writeCard({ ...card, claimedAt: at }));
    return true;
  }

  async remove(id: string): Promise<void> {
    await this.#guard(async () => {
      await rm(this.#path(id, "json"), { force: true });
      await rm(this.#path(id, "bin"), { force: true });
    });
  }

  async sweep(before: number, limit: number): Promise<number> {
    let removed = 0;
    for (const sub of await this.#guard(() => this.#subfolders())) {
      for (const name of await this.#guard(() => readdir(sub))) {
        if (removed >= limit) return removed;
        if (!name.endsWith(".json")) continue;
        const card = await this.#card(name.slice(0, -".json".length));
        if (card === undefined || card.claimedAt !== undefined || card.createdAt >= before) continue;
        await this.remove(card.id);
        removed++;
      }
    }
    return removed;
  }

  async #subfolders(): Promise<string[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && /^[0-9a-z]{2}$/.test(entry.name)).map((entry) => join(this.#folder, entry.name));
  }

  async #card(id: string): Promise<BlobCard | undefined> {
    return this.#guard(async () => {
      try {
        return JSON.parse(await readFile(this.#path(id, "json"), "utf8")) as BlobCard;
      } catch (error) {
        if (isFileMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async #writeCard(card: BlobCard): Promise<void> {
    const path = this.#path(card.id, "json");
    const temporary = `${path}.tmp`;
    const handle = await open(temporary, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify(card));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    // The names themselves reach the disk with their folder.
    const folder = await open(join(path, ".."), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Ids are ours, yet they come back through URLs: nothing in them may leave the folder. */
  #path(id: string, extension: "bin" | "json"): string {
    const safe = id.replace(/[^0-9A-Za-z-]/g, "_").slice(0, 100);
    return join(this.#folder, safe.slice(-2).toLowerCase().padStart(2, "0"), `${safe}.${extension}`);
  }

  async #guard<T>(fn: () => Promise<T>): Promise<T> {
    try {
      return await fn();
    } catch (error) {
      throw translateError(error, { folder: this.#folder });
    }
  }
}
