import type { BlobInfo } from "../contracts/data.js";

/** Octets per stored piece. */
export const CHUNK_SIZE = 256 * 1024;

export interface NewBlob {
  readonly id: string;
  readonly contentType: string;
  readonly owner: string;
  readonly createdAt: number;
}

/** A blob being written; invisible until `finish` has resolved. */
export interface BlobWriter {
  /** Pieces of CHUNK_SIZE, the last one shorter. */
  append(chunk: Uint8Array): Promise<void>;
  finish(size: number, sha256: string): Promise<void>;
  /** Forgets what was written. Never rejects. */
  abort(): Promise<void>;
}

/** Where blobs are kept. */
export interface BlobStore {
  /** Begins; what a dead process left half written is deleted. */
  open(): Promise<void>;
  close(): Promise<void>;
  create(blob: NewBlob): Promise<BlobWriter>;
  info(id: string): Promise<BlobInfo | undefined>;
  /** One piece: octets from `start` up to at most CHUNK_SIZE more; `undefined` when the blob is gone. */
  read(id: string, start: number, length: number): Promise<Uint8Array | undefined>;
  claim(id: string, at: number): Promise<boolean>;
  remove(id: string): Promise<void>;
  /** Deletes up to `limit` blobs made before `before` that nobody claimed; resolves with their number. */
  sweep(before: number, limit: number): Promise<number>;
}
