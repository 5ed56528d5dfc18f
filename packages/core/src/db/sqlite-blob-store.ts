import type { BlobInfo } from "../contracts/data.js";
import type { Logger } from "../log/logger.js";
import { CHUNK_SIZE, type BlobStore, type BlobWriter, type NewBlob } from "./blob-store.js";
import { dataErrors } from "./data-errors.js";
import { translateError } from "./database-error.js";
import type { Durability } from "./durability.js";
import { SqliteHandle } from "./sqlite-handle.js";

/**
 * Blobs in pieces of 256 KB in a SQLite file of their own, with a connection of its own: a large
 * insert never holds up the main database. Pieces are committed one by one without waiting for the
 * disk; finishing is one durable commit, which makes all before it durable too (one WAL).
 */
export class SqliteBlobStore implements BlobStore {
  readonly #file: string;
  readonly #log: Logger;
  readonly #synchronous: { readonly pieces: string; readonly end: string };
  #handle: SqliteHandle | undefined;
  /** Statements that belong together run one bundle after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string, log: Logger, durability: Durability = "disk") {
    this.#file = file;
    this.#log = log;
    this.#synchronous = durability === "disk" ? { pieces: "normal", end: "full" } : { pieces: "off", end: "off" };
  }

  async open(): Promise<void> {
    await this.#guard(async () => {
      this.#handle = await SqliteHandle.open(this.#file);
      await this.#db.exec(`pragma synchronous = ${this.#synchronous.pieces}; pragma busy_timeout = 5000; pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma foreign_keys = on; pragma journal_size_limit = 67108864;`);
      await this.#db.exec(`create table if not exists blob (
          id text not null primary key, owner text not null, content_type text not null, created_at integer not null,
          size integer, sha256 text, claimed_at integer) without rowid;
        create table if not exists blob_chunk (blob_id text not null references blob (id) on delete cascade, number integer not null, data blob not null, primary key (blob_id, number));
        create index if not exists blob_unclaimed on blob (created_at) where claimed_at is null;`);
      const left = await this.#db.run("delete from blob where size is null");
      if (left > 0) this.#log.warn({ blobs: left }, "half-written blobs of a dead process deleted");
    });
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async create(blob: NewBlob): Promise<BlobWriter> {
    await this.#guard(() => this.#db.run("insert into blob (id, owner, content_type, created_at) values (?, ?, ?, ?)", [blob.id, blob.owner, blob.contentType, blob.createdAt]));
    let number = 0;
    return {
      append: async (chunk) => {
        await this.#guard(() => this.#db.run("insert into blob_chunk (blob_id, number, data) values (?, ?, ?)", [blob.id, number++, chunk]));
      },
      finish: (size, sha256) =>
        this.#guard(async () => {
          await this.#db.exec(`pragma synchronous = ${this.#synchronous.end}`);
          try {
            await this.#db.run("update blob set size = ?, sha256 = ? where id = ?", [size, sha256, blob.id]);
          } finally {
            await this.#db.exec(`pragma synchronous = ${this.#synchronous.pieces}`);
          }
        }),
      abort: async () => {
        try {
          await this.remove(blob.id);
        } catch (error) {
          this.#log.warn({ err: error, blob: blob.id }, "an unfinished blob could not be deleted; the next start does it");
        }
      },
    };
  }

  async info(id: string): Promise<BlobInfo | undefined> {
    const row = await this.#guard(() => this.#db.get<{ size: number; sha256: string; content_type: string }>("select size, sha256, content_type from blob where id = ? and size is not null", [id]));
    return row === undefined ? undefined : { id, size: row.size, sha256: row.sha256, contentType: row.content_type };
  }

  async read(id: string, start: number, length: number): Promise<Uint8Array | undefined> {
    const number = Math.floor(start / CHUNK_SIZE);
    const offset = start - number * CHUNK_SIZE;
    // substr counts from 1; the piece is cut in SQLite, so a short range copies little.
    const row = await this.#guard(() => this.#db.get<{ data: Uint8Array | null }>("select substr(data, ?, ?) as data from blob_chunk where blob_id = ? and number = ?", [offset + 1, length, id, number]));
    return row?.data ?? undefined;
  }

  async claim(id: string, at: number): Promise<boolean> {
    return (await this.#guard(() => this.#db.run("update blob set claimed_at = coalesce(claimed_at, ?) where id = ? and size is not null", [at, id]))) > 0;
  }

  async remove(id: string): Promise<void> {
    await this.#guard(async () => {
      await this.#db.run("delete from blob where id = ?", [id]);
      // Gives room back to the disk a little at a time: 512 pages are 2 MB.
      await this.#db.exec("pragma incremental_vacuum(512)");
    });
  }

  async sweep(before: number, limit: number): Promise<number> {
    const rows = await this.#guard(() => this.#db.all<{ id: string }>("select id from blob where claimed_at is null and size is not null and created_at < ? order by created_at limit ?", [before, limit]));
    for (const { id } of rows) await this.remove(id);
    return rows.length;
  }

  get #db(): SqliteHandle {
    if (this.#handle === undefined) throw dataErrors.DATA_STATE("not open", "reaching blobs");
    return this.#handle;
  }

  #guard<T>(fn: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      try {
        return await fn();
      } catch (error) {
        throw translateError(error, { file: this.#file, folder: this.#file });
      }
    };
    const mine = this.#last.then(run);
    this.#last = mine.then(undefined, () => undefined);
    return mine;
  }
}
