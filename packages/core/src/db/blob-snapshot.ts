import { existsSync } from "node:fs";
import { link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../log/logger.js";
import { CHUNK_SIZE, type BlobStore } from "./blob-store.js";
import { driverCode, isFileMissing, translateError } from "./database-error.js";
import { FolderBlobStore, type BlobCard } from "./folder-blob-store.js";
import { SqliteBlobStore } from "./sqlite-blob-store.js";
import { SqliteHandle } from "./sqlite-handle.js";
import type { HotlineStorage } from "./storage.js";

/** A finished blob as its store knows it. */
export interface BlobRecord {
  readonly id: string;
  readonly owner: string;
  readonly contentType: string;
  readonly createdAt: number;
  readonly claimedAt: number | undefined;
  readonly size: number;
  readonly sha256: string;
}

/** All finished blobs of one moment, readable whatever is removed afterwards, until `close`. */
export interface BlobSnapshot {
  /** In the order of their ids, which is the order they were made in. */
  list(): AsyncIterable<BlobRecord>;
  has(id: string): Promise<boolean>;
  read(id: string): AsyncIterable<Uint8Array>;
  /** Octets `read` will give; of a damaged blob not what its record says. */
  size(id: string): Promise<number>;
  close(): Promise<void>;
}

/** The store at a place, not yet open. */
export function blobStore(place: HotlineStorage["blobs"], log: Logger): BlobStore {
  return place.store === "folder" ? new FolderBlobStore(place.folder, log) : new SqliteBlobStore(place.file, log);
}

/** Takes a snapshot, also while a hotline writes to the store; `undefined` when there is no store yet. */
export async function pinBlobs(place: HotlineStorage["blobs"]): Promise<BlobSnapshot | undefined> {
  const path = place.store === "folder" ? place.folder : place.file;
  if (!existsSync(path)) return undefined;
  try {
    return place.store === "folder" ? await FolderSnapshot.take(path) : await SqliteSnapshot.take(path);
  } catch (error) {
    throw translateError(error, place.store === "folder" ? { folder: path } : { file: path, folder: path });
  }
}

/**
 * Keeps the store as it is, while a hotline runs on it, until the returned function is called: what would add or remove a
 * blob waits. For a moment only, as the hotline's writes give up after 5 s. A folder cannot be held: nothing happens there.
 */
export async function holdBlobs(place: HotlineStorage["blobs"]): Promise<() => Promise<void>> {
  if (place.store === "folder" || !existsSync(place.file)) return () => Promise.resolve();
  const handle = await SqliteHandle.observe(place.file);
  try {
    await handle.exec("pragma query_only = 0; begin immediate");
  } catch (error) {
    await handle.close();
    throw translateError(error, { file: place.file, folder: place.file });
  }
  return () => handle.close();
}

interface Row {
  readonly id: string;
  readonly owner: string;
  readonly content_type: string;
  readonly created_at: number;
  readonly claimed_at: number | null;
  readonly size: number;
  readonly sha256: string;
}

const PAGE = 1000;

/** A read transaction: SQLite keeps what it saw until it ends. */
class SqliteSnapshot implements BlobSnapshot {
  readonly #handle: SqliteHandle;

  private constructor(handle: SqliteHandle) {
    this.#handle = handle;
  }

  static async take(file: string): Promise<SqliteSnapshot> {
    const handle = await SqliteHandle.observe(file);
    try {
      await handle.pin();
      return new SqliteSnapshot(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async *list(): AsyncGenerator<BlobRecord> {
    for (let after = ""; ; ) {
      const rows = await this.#handle.all<Row>("select id, owner, content_type, created_at, claimed_at, size, sha256 from blob where size is not null and id > ? order by id limit ?", [after, PAGE]);
      for (const row of rows) yield { id: row.id, owner: row.owner, contentType: row.content_type, createdAt: row.created_at, claimedAt: row.claimed_at ?? undefined, size: row.size, sha256: row.sha256 };
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.id;
    }
  }

  async has(id: string): Promise<boolean> {
    return (await this.#handle.get("select 1 from blob where id = ? and size is not null", [id])) !== undefined;
  }

  async *read(id: string): AsyncGenerator<Uint8Array> {
    for (let number = 0; ; number++) {
      const row = await this.#handle.get<{ data: Uint8Array }>("select data from blob_chunk where blob_id = ? and number = ?", [id, number]);
      if (row === undefined) return;
      yield row.data;
    }
  }

  async size(id: string): Promise<number> {
    return (await this.#handle.get<{ size: number }>("select coalesce(sum(length(data)), 0) as size from blob_chunk where blob_id = ?", [id]))?.size ?? 0;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

const PIN_PREFIX = ".pin-";
let pins = 0;

/** A second name for every content, in a folder the store does not look at. */
class FolderSnapshot implements BlobSnapshot {
  readonly #cards: ReadonlyMap<string, BlobCard>;
  readonly #pinned: string;

  private constructor(cards: ReadonlyMap<string, BlobCard>, pinned: string) {
    this.#cards = cards;
    this.#pinned = pinned;
  }

  static async take(folder: string): Promise<FolderSnapshot> {
    for (const name of await readdir(folder)) if (name.startsWith(PIN_PREFIX) && !alive(Number(name.slice(PIN_PREFIX.length).split("-")[0]))) await rm(join(folder, name), { recursive: true, force: true });
    const pinned = join(folder, `${PIN_PREFIX}${process.pid}-${++pins}`);
    await mkdir(pinned, { mode: 0o700 });
    const cards = new Map<string, BlobCard>();
    for (const sub of (await readdir(folder)).filter((name) => /^[0-9a-z]{2}$/.test(name)).sort()) {
      for (const name of await readdir(join(folder, sub))) {
        if (!name.endsWith(".json")) continue;
        try {
          const card = JSON.parse(await readFile(join(folder, sub, name), "utf8")) as BlobCard;
          await link(join(folder, sub, name.replace(/\.json$/, ".bin")), join(pinned, card.id));
          cards.set(card.id, card);
        } catch (error) {
          // Removed while we looked.
          if (!isFileMissing(error)) throw error;
        }
      }
    }
    return new FolderSnapshot(new Map([...cards].sort(([a], [b]) => (a < b ? -1 : 1))), pinned);
  }

  async *list(): AsyncGenerator<BlobRecord> {
    for (const card of this.#cards.values()) yield { ...card, claimedAt: card.claimedAt };
  }

  has(id: string): Promise<boolean> {
    return Promise.resolve(this.#cards.has(id));
  }

  async *read(id: string): AsyncGenerator<Uint8Array> {
    const handle = await open(join(this.#pinned, id), "r");
    try {
      for (;;) {
        const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafe(CHUNK_SIZE) });
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async size(id: string): Promise<number> {
    return (await stat(join(this.#pinned, id))).size;
  }

  async close(): Promise<void> {
    await rm(this.#pinned, { recursive: true, force: true });
  }
}

function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return driverCode(error) === "EPERM";
  }
}
