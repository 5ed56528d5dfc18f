import { createWriteStream, existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createSilentLogger, type Hotline } from "@hotlinejs/core";
import { blobStore, CHUNK_SIZE, RESTORE_MARK, shownDatabase, SqliteHandle, type BlobStore, type HeldData, type HotlineStorage } from "@hotlinejs/core/storage";
import { errors } from "../errors.js";
import { readArchive, verifyBackup, type VerifiedBackup } from "./archive-reader.js";
import { sync } from "./archive-writer.js";
import { looseFiles } from "./loose-files.js";
import { paths, type BackupManifest } from "./manifest.js";
import { PostgresImport } from "./postgres-import.js";

export interface RestoreOptions {
  readonly hotline: Hotline;
  readonly file: string;
  /** Replace data that are there. */
  readonly force: boolean;
  /** Go on although the key of sealed fields is missing. */
  readonly withoutKey: boolean;
}

export interface RestoreReport {
  readonly database: string;
  readonly manifest: BackupManifest;
  /** Where the key is that opens what is sealed; undefined when there is none. */
  readonly keyFile: string | undefined;
}

/**
 * Puts a backup in place of a stopped hotline's data. The whole file is verified, and everything
 * else that can be known is checked, before anything is changed. Data are then laid out beside, and
 * exchanged at the end; a process killed in the exchange leaves a mark that keeps the hotline from
 * starting on half of it.
 *
 * @throws HTL_CLI_BACKUP_*, HTL_CLI_TARGET_NOT_EMPTY, HTL_CLI_KEY_MISSING, HTL_CORE_DATA_IN_USE
 */
export async function restoreBackup({ hotline, file, force, withoutKey }: RestoreOptions): Promise<RestoreReport> {
  const path = resolve(file);
  const storage = hotline.storage();
  const backup = await verifyBackup(path);
  checkSchema(backup, storage);
  return hotline.hold(async (held) => {
    const occupied = await whatIsThere(storage);
    if (occupied !== undefined && !force) throw errors.TARGET_NOT_EMPTY(occupied);
    const keepsKey = await checkKey(backup, storage, withoutKey);
    await put(backup, held, keepsKey);
    return { database: shownDatabase(storage), manifest: backup.manifest, keyFile: existsSync(storage.secretFile) ? storage.secretFile : undefined };
  });
}

function checkSchema({ file, manifest }: VerifiedBackup, storage: HotlineStorage): void {
  if (manifest.database !== storage.database.kind) {
    const name = { sqlite: "a SQLite database", postgres: "a PostgreSQL database" } as const;
    throw errors.BACKUP_OTHER_DATABASE(name[manifest.database], name[storage.database.kind]);
  }
  const plugin = (migration: string): string => migration.slice(0, migration.indexOf("/"));
  const known = new Set(storage.migrations);
  const present = new Set(storage.migrations.map(plugin));
  const madeWith = [...new Set(manifest.migrations.map(plugin))].map((name) => (name === "core" ? `@hotlinejs/core ${manifest.versions.core ?? "?"}` : `${name} ${manifest.versions[name] ?? "?"}`)).join(", ");
  // A SQLite file brings the tables of plugins that are left out along; PostgreSQL's are made by the code here.
  const unknown = manifest.migrations.filter((name) => !known.has(name) && (manifest.database === "postgres" || present.has(plugin(name))));
  if (unknown.length > 0) throw errors.BACKUP_NEWER(unknown.join(", "), madeWith);
  const done = new Set(manifest.migrations);
  const missing = storage.migrations.filter((name) => !done.has(name));
  if (missing.length > 0) throw errors.BACKUP_OLDER(missing.join(", "), madeWith, { details: { file } });
}

/** What would be replaced, in words. */
async function whatIsThere(storage: HotlineStorage): Promise<string | undefined> {
  const names = ["hotline.db", "blobs.db"].filter((name) => existsSync(join(storage.dataDir, name)));
  const found = [...names, ...(await looseFiles(storage.dataDir))];
  if (found.length > 0) return `${storage.dataDir} holds ${found.slice(0, 3).join(", ")}${found.length > 3 ? ` and ${found.length - 3} more` : ""}`;
  if (storage.database.kind === "postgres" && (await PostgresImport.occupied(storage.database))) return `the database ${storage.database.shown} has tables of a hotline`;
  return undefined;
}

/** Whether the key file that is there stays. */
async function checkKey({ manifest, key }: VerifiedBackup, storage: HotlineStorage, withoutKey: boolean): Promise<boolean> {
  const there = existsSync(storage.secretFile) ? await readFile(storage.secretFile, "utf8") : undefined;
  const { keyId } = manifest;
  if (keyId === null) return there !== undefined;
  // A key of one line has the start of its sum as its id: whether it fits is told by the first start.
  if (there !== undefined && (!there.trim().startsWith("{") || there.includes(`"${keyId}"`))) return true;
  if (key !== undefined && !storage.secretFileGiven) return false;
  if (!withoutKey) throw errors.KEY_MISSING(keyId, storage.secretFile);
  return there !== undefined;
}

async function put(backup: VerifiedBackup, held: HeldData, keepsKey: boolean): Promise<void> {
  const { storage } = held;
  const { dataDir } = storage;
  // Of restores that were killed.
  for (const name of await readdir(dataDir)) if (name.startsWith(".restore-")) await rm(join(dataDir, name), { recursive: true, force: true });
  const aside = join(dataDir, `.restore-${process.pid}`);
  await mkdir(aside, { mode: 0o700 });
  try {
    await layOut(backup, storage, aside, keepsKey);
    if (storage.database.kind === "sqlite") await integrity(join(aside, "hotline.db"));
    const mark = join(dataDir, RESTORE_MARK);
    await writeWhole(mark, `${backup.file}\n`);
    await sync(dataDir);
    if (storage.database.kind === "postgres") {
      await held.migrate();
      await new PostgresImport(storage.database, backup, aside).run();
    }
    await exchange(storage, aside, keepsKey);
    await rm(mark);
    await sync(dataDir);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Unpacks everything beside the data: `hotline.db` or the tables' rows, blobs, files, key. */
async function layOut(backup: VerifiedBackup, storage: HotlineStorage, aside: string, keepsKey: boolean): Promise<void> {
  const blobs = blobStore(storage.blobs.store === "sqlite" ? { store: "sqlite", file: join(aside, "blobs.db") } : { store: "folder", folder: join(aside, "blobs") }, createSilentLogger());
  await blobs.open();
  try {
    await readArchive(backup.file, async (path, content) => {
      if (path === paths.sqlite) await save(content, join(aside, "hotline.db"));
      else if (path.startsWith("database/") && path !== paths.tables) await save(content, join(aside, path));
      else if (path.startsWith(paths.filePrefix)) await save(content, join(aside, path));
      else if (path === paths.key && !keepsKey) await save(content, join(aside, "secret.key"));
      else if (path.startsWith(paths.blobPrefix)) await saveBlob(backup, blobs, path.slice(paths.blobPrefix.length), content);
    });
  } finally {
    await blobs.close();
  }
}

async function saveBlob({ blobs }: VerifiedBackup, store: BlobStore, id: string, content: AsyncIterable<Buffer>): Promise<void> {
  const line = blobs.get(id);
  if (line === undefined) return;
  const writer = await store.create({ id, contentType: line.contentType, owner: line.owner, createdAt: line.createdAt });
  let rest: Buffer[] = [];
  let length = 0;
  for await (const piece of content) {
    rest.push(piece);
    length += piece.length;
    while (length >= CHUNK_SIZE) {
      const all = Buffer.concat(rest);
      await writer.append(all.subarray(0, CHUNK_SIZE));
      rest = [all.subarray(CHUNK_SIZE)];
      length -= CHUNK_SIZE;
    }
  }
  if (length > 0) await writer.append(Buffer.concat(rest));
  await writer.finish(line.size, line.sha256);
  if (line.claimedAt !== null) await store.claim(id, line.claimedAt);
}

async function save(content: AsyncIterable<Buffer>, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await pipeline(content, createWriteStream(file, { flags: "wx", mode: 0o600 }));
  await sync(file);
}

async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await open(file, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function integrity(file: string): Promise<void> {
  const handle = await SqliteHandle.observe(file);
  try {
    const rows = await handle.all<{ integrity_check: string }>("pragma integrity_check(3)");
    const found = rows.map((row) => row.integrity_check).join("; ");
    if (found !== "ok") throw errors.RESTORED_DAMAGED(found);
  } finally {
    await handle.close();
  }
}

/** Takes the old away and moves the new into its place, by renaming. */
async function exchange(storage: HotlineStorage, aside: string, keepsKey: boolean): Promise<void> {
  const { dataDir } = storage;
  for (const base of ["hotline.db", "blobs.db"]) for (const end of ["", "-wal", "-shm"]) await rm(join(dataDir, base + end), { force: true });
  for (const path of await looseFiles(dataDir)) await rm(join(dataDir, path), { force: true });
  const move = async (from: string, to: string): Promise<void> => {
    if (!existsSync(from)) return;
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await rename(from, to);
  };
  await move(join(aside, "hotline.db"), join(dataDir, "hotline.db"));
  if (storage.blobs.store === "sqlite") await move(join(aside, "blobs.db"), storage.blobs.file);
  else {
    await rm(storage.blobs.folder, { recursive: true, force: true });
    await move(join(aside, "blobs"), storage.blobs.folder);
  }
  const files = join(aside, paths.filePrefix);
  if (existsSync(files)) {
    for (const entry of await readdir(files, { recursive: true })) {
      if ((await stat(join(files, entry))).isFile()) await move(join(files, entry), join(dataDir, entry));
    }
  }
  if (!keepsKey) await move(join(aside, "secret.key"), storage.secretFile);
}
