/** What tools for a hotline's data are made of: backups, restores. A hotline itself needs none of it. */
export { RESTORE_MARK, shownDatabase } from "./db/storage.js";
export type { HeldData, HotlineStorage, MigrationPlan } from "./db/storage.js";
export { SqliteHandle } from "./db/sqlite-handle.js";
export { blobStore, holdBlobs, pinBlobs } from "./db/blob-snapshot.js";
export type { BlobRecord, BlobSnapshot } from "./db/blob-snapshot.js";
export type { BlobStore, BlobWriter, NewBlob } from "./db/blob-store.js";
export { CHUNK_SIZE } from "./db/blob-store.js";
