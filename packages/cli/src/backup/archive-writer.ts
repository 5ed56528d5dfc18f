import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { link, open, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import { errors } from "../errors.js";
import type { BackupPart } from "./manifest.js";

/** Writes a tar file aside; it gets its name only when it is whole and on the disk. */
export class ArchiveWriter {
  readonly #partial: string;
  readonly #pack: Pack = pack();
  readonly #written: Promise<void>;
  readonly #mtime: Date;
  readonly parts: BackupPart[] = [];

  constructor(partial: string, at: number) {
    this.#partial = partial;
    this.#mtime = new Date(at);
    this.#written = pipeline(this.#pack, createWriteStream(partial, { flags: "wx", mode: 0o600 }));
    // Told where it is awaited: by `finish`, or by the entry that can no longer be written.
    this.#written.catch(() => undefined);
  }

  /** Exactly `size` octets of the source. Resolves with their sum. */
  async add(path: string, size: number, source: AsyncIterable<Uint8Array>): Promise<BackupPart> {
    const hash = createHash("sha256");
    const entry = this.#pack.entry({ name: path, size, mode: 0o600, mtime: this.#mtime }) as unknown as Writable;
    const ended = Promise.race([once(entry, "finish"), this.#written.then(() => undefined)]);
    ended.catch(() => undefined);
    let left = size;
    for await (const piece of source) {
      if (left === 0) break;
      const octets = piece.length > left ? piece.subarray(0, left) : piece;
      left -= octets.length;
      hash.update(octets);
      if (!entry.write(octets)) await Promise.race([once(entry, "drain"), this.#written]);
    }
    if (left > 0) throw new Error(`${path} ended ${left} octets early`);
    entry.end();
    await ended;
    return { path, size, sha256: hash.digest("hex") };
  }

  /** The same, listed among the manifest's parts. */
  async addPart(path: string, size: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    this.parts.push(await this.add(path, size, source));
  }

  async addPartFile(path: string, file: string): Promise<void> {
    await this.addPart(path, (await stat(file)).size, createReadStream(file) as AsyncIterable<Buffer>);
  }

  async addText(path: string, text: string): Promise<BackupPart> {
    const octets = Buffer.from(text, "utf8");
    return this.add(path, octets.length, toAsync([octets]));
  }

  /** Ends the file, waits for the disk, and gives it its name. @throws HTL_CLI_BACKUP_EXISTS when another took the name meanwhile */
  async finish(target: string, overwrite: boolean): Promise<void> {
    this.#pack.finalize();
    await this.#written;
    await sync(this.#partial);
    if (overwrite) await rename(this.#partial, target);
    else await this.#nameUnlessTaken(target);
    await sync(dirname(target));
  }

  async #nameUnlessTaken(target: string): Promise<void> {
    try {
      await link(this.#partial, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST" || existsSync(target)) throw errors.BACKUP_EXISTS(target);
      // A file system without hard links.
      await rename(this.#partial, target);
      return;
    }
    await unlink(this.#partial);
  }

  /** Lets go of the file. Never rejects. */
  async abort(): Promise<void> {
    // Its types leave the reason out.
    (this.#pack as unknown as { destroy(reason: Error): void }).destroy(new Error("the backup was given up"));
    await this.#written.catch(() => undefined);
  }
}

export async function* toAsync(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

/** Of a file or a folder. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
