import { mkdir, readFile, readdir, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AudioAsset, Clock, Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { packAsset, unpackAsset } from "./asset-format.js";

export interface DiskCacheOptions {
  readonly folder: string;
  /** Octets on disk; a sweep brings the folder down to 90 % of it. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Entry {
  readonly size: number;
  usedAt: number;
}

/** Tells backups that what lies here can be made anew: https://bford.info/cachedir/ */
const CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Sounds made by plugin-tts; they are made anew when they are missing.\n";

/** Use is written to a file's modification time at most this often. */
const TOUCH_MS = 3_600_000;

/** A file written aside that is older was left behind by a crash; a younger one may be another hotline's, which shares the folder. */
const LEFT_BEHIND_MS = 600_000;

/**
 * Sounds on disk, one file each, named by key. A file appears whole or not at all (written aside, then
 * renamed); one that is damaged is removed and made anew. A disk that fails or is full costs speed,
 * never a prompt.
 */
export class DiskCache {
  readonly #options: DiskCacheOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #writing = new Set<string>();
  #bytes = 0;
  #opened: Promise<void> | undefined;
  #sweeping: Promise<void> | undefined;
  #nextTemporary = 0;
  #failing = false;

  constructor(options: DiskCacheOptions) {
    this.#options = options;
  }

  /** Reads the folder once: what is there, how old, and leftovers of a crash. Never rejects. */
  open(): Promise<void> {
    this.#opened ??= this.#scan();
    return this.#opened;
  }

  /** The sound, or `undefined` when it is not there or not whole. */
  async get(key: string): Promise<AudioAsset | undefined> {
    let file: Buffer;
    try {
      file = await readFile(this.#path(key));
    } catch (error) {
      if (!isMissing(error)) this.#failed("read", error);
      return undefined;
    }
    const asset = unpackAsset(file);
    if (!asset) {
      this.#options.log.warn({ key, size: file.length }, "a cached sound was damaged and is made anew");
      await this.#remove(key);
      return undefined;
    }
    this.#used(key, file.length);
    return asset;
  }

  /** Keeps the sound. Never rejects. */
  async put(key: string, asset: AudioAsset): Promise<void> {
    const content = packAsset(asset);
    if (content.length > this.#options.maxBytes) return;
    const path = this.#path(key);
    const temporary = `${path}.${process.pid}-${this.#nextTemporary++}.tmp`;
    this.#writing.add(temporary);
    try {
      await mkdir(join(this.#options.folder, key.slice(0, 2)), { recursive: true });
      await writeFile(temporary, content);
      await rename(temporary, path);
      this.#count(key, content.length, this.#options.clock.now());
      this.#failing = false;
    } catch (error) {
      this.#failed("write", error);
      await this.#unlink(temporary);
    } finally {
      this.#writing.delete(temporary);
    }
    await this.#sweepIfFull();
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether the last write failed: shown in health. */
  get failing(): boolean {
    return this.#failing;
  }

  async #scan(): Promise<void> {
    const { folder } = this.#options;
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "CACHEDIR.TAG"), CACHE_TAG);
      for (const shelf of await readdir(folder, { withFileTypes: true })) {
        if (!shelf.isDirectory() || !/^[0-9a-f]{2}$/.test(shelf.name)) continue;
        for (const name of await readdir(join(folder, shelf.name))) await this.#scanFile(join(folder, shelf.name), name);
      }
    } catch (error) {
      if (!isMissing(error)) this.#failed("scan", error);
    }
    await this.#sweepIfFull();
  }

  async #scanFile(shelf: string, name: string): Promise<void> {
    const path = join(shelf, name);
    if (name.endsWith(".tmp")) {
      if (!this.#writing.has(path)) await this.#clearAway(path);
      return;
    }
    const key = /^([0-9a-f]{64})\.alaw$/.exec(name)?.[1];
    if (key === undefined || this.#entries.has(key)) return;
    try {
      const { size, mtimeMs } = await stat(path);
      this.#count(key, size, mtimeMs);
    } catch (error) {
      if (!isMissing(error)) this.#failed("scan", error);
    }
  }

  async #clearAway(temporary: string): Promise<void> {
    const written = await stat(temporary).catch(() => undefined);
    if (written !== undefined && this.#options.clock.now() - written.mtimeMs >= LEFT_BEHIND_MS) await this.#unlink(temporary);
  }

  async #sweepIfFull(): Promise<void> {
    if (this.#bytes <= this.#options.maxBytes) return;
    this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = undefined));
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const goal = this.#options.maxBytes * 0.9;
    const oldestFirst = [...this.#entries].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    let removed = 0;
    for (const [key] of oldestFirst) {
      if (this.#bytes <= goal) break;
      await this.#remove(key);
      removed++;
    }
    this.#options.log.info({ removed, bytes: this.#bytes }, "speech cache swept");
  }

  async #remove(key: string): Promise<void> {
    this.#forget(key);
    await this.#unlink(this.#path(key));
  }

  async #unlink(path: string): Promise<void> {
    try {
      await unlink(path);
    } catch (error) {
      if (!isMissing(error)) this.#failed("remove", error);
    }
  }

  #used(key: string, size: number): void {
    const now = this.#options.clock.now();
    const before = this.#entries.get(key)?.usedAt ?? 0;
    this.#count(key, size, now);
    if (now - before < TOUCH_MS) return;
    utimes(this.#path(key), now / 1000, now / 1000).catch((error: unknown) => {
      if (!isMissing(error)) this.#failed("touch", error);
    });
  }

  #count(key: string, size: number, usedAt: number): void {
    this.#forget(key);
    this.#entries.set(key, { size, usedAt });
    this.#bytes += size;
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.size;
  }

  #failed(what: string, error: unknown): void {
    // Once per spell of bad luck: a full disk must not fill the log as well.
    if (!this.#failing) this.#options.log.warn({ error: errorText(error), folder: this.#options.folder }, `speech cache cannot ${what}; going on without`);
    this.#failing = true;
  }

  #path(key: string): string {
    return join(this.#options.folder, key.slice(0, 2), `${key}.alaw`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
