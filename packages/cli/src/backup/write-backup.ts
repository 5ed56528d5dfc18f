import { existsSync, statSync } from "node:fs";
import { mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { errorText, isHotlineError, type HotlineInspection } from "@hotlinejs/core";
import { holdBlobs, pinBlobs, type BlobRecord, type BlobSnapshot, type HotlineStorage } from "@hotlinejs/core/storage";
import { errors } from "../errors.js";
import { ArchiveWriter } from "./archive-writer.js";
import { pinDatabase, type DatabaseSnapshot } from "./database-snapshot.js";
import { openLooseFiles } from "./loose-files.js";
import { FORMAT, paths, type BackupManifest, type BlobLine } from "./manifest.js";

export interface BackupOptions {
  readonly storage: HotlineStorage;
  readonly inspection: Pick<HotlineInspection, "name" | "version" | "plugins">;
  /** The file, or a folder in which one is named after the hotline and the time. */
  readonly target: string;
  /** Put the key file in. */
  readonly includeKey: boolean;
  /** Overwrite a file of that name. */
  readonly force: boolean;
  /** Epoch ms. */
  readonly now: number;
}

export interface BackupReport {
  readonly file: string;
  readonly size: number;
  readonly manifest: BackupManifest;
  /** Blobs whose content no longer has the sum it was stored with; they are in as they are. */
  readonly damagedBlobs: readonly string[];
}

/**
 * Writes a backup of a hotline, which may be running. The file appears under its name when it is
 * whole; a process killed on the way leaves a `.partial-<process>` beside, which the next backup removes.
 *
 * What is read belongs to one moment: snapshots of database, blobs and capture files are all taken
 * before anything is copied, while no blob can be added or removed: what the rows name is there, although
 * a running hotline goes on. Files, and blobs kept in a folder, are looked at before and after the database.
 *
 * @throws HTL_CLI_DATA_MISSING, HTL_CLI_DATA_DAMAGED, HTL_CLI_BACKUP_EXISTS, HTL_CLI_BACKUP_UNWRITABLE
 */
export async function writeBackup(options: BackupOptions): Promise<BackupReport> {
  const { storage, now, force } = options;
  const target = targetFile(options);
  if (existsSync(target) && !force) throw errors.BACKUP_EXISTS(target);
  const partial = `${target}.partial-${process.pid}`;
  const work = `${partial}.d`;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await removeLeftovers(target);
    await mkdir(work, { mode: 0o700 });
  } catch (cause) {
    throw errors.BACKUP_UNWRITABLE(target, errorText(cause), { cause });
  }
  const archive = new ArchiveWriter(partial, now);
  const files = new Map<string, FileHandle>();
  const blobs: BlobSnapshot[] = [];
  let database: DatabaseSnapshot | undefined;
  try {
    const exclude = new Set([target, partial, storage.secretFile]);
    const look = async (): Promise<void> => {
      await openLooseFiles(storage.dataDir, exclude, files);
      const snapshot = await pinBlobs(storage.blobs);
      if (snapshot !== undefined) blobs.unshift(snapshot);
    };
    const release = await holdBlobs(storage.blobs);
    try {
      await look();
      database = await pinDatabase(storage);
      await look();
    } finally {
      await release();
    }

    await database.write(archive, work);
    const { count, damaged } = await writeBlobs(archive, blobs, work);
    for (const [path, handle] of files) await archive.addPart(paths.filePrefix + path, (await handle.stat()).size, handle.createReadStream({ autoClose: false, start: 0 }) as AsyncIterable<Buffer>);
    if (options.includeKey) await archive.addPartFile(paths.key, storage.secretFile);
    const manifest: BackupManifest = {
      format: FORMAT,
      hotline: options.inspection.name,
      createdAt: new Date(now).toISOString(),
      database: storage.database.kind,
      migrations: [...database.migrations],
      versions: { core: options.inspection.version, ...Object.fromEntries(options.inspection.plugins.map(({ name, version }) => [name, version])) },
      keyId: database.keyId,
      blobs: count,
      parts: archive.parts,
    };
    await archive.addText(paths.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
    await archive.finish(target, force);
    return { file: target, size: (await stat(target)).size, manifest, damagedBlobs: damaged };
  } catch (error) {
    await archive.abort();
    await rm(partial, { force: true });
    if (isHotlineError(error)) throw error;
    if (/SQLITE_(CORRUPT|NOTADB)/.test(errorText(error))) throw errors.DATA_DAMAGED(storage.dataDir, errorText(error), { cause: error });
    throw errors.BACKUP_UNWRITABLE(target, errorText(error), { cause: error });
  } finally {
    await database?.close();
    for (const snapshot of blobs) await snapshot.close();
    for (const handle of files.values()) await handle.close();
    await rm(work, { recursive: true, force: true });
  }
}

/** `12333-20260102T030405Z.hotline.tar` in a folder. */
function targetFile({ target, inspection, now }: BackupOptions): string {
  const path = resolve(target);
  const isFolder = /[/\\]$/.test(target) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) return path;
  return join(path, `${inspection.name}-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")}.hotline.tar`);
}

/** What backups of this name left behind whose process is no more. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `${basename(target)}.partial-`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (pid === process.pid || !alive(pid)) await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

/** All blobs of the snapshots, the newest first given; one that only an older one has is in too. */
async function writeBlobs(archive: ArchiveWriter, snapshots: readonly BlobSnapshot[], work: string): Promise<{ count: number; damaged: readonly string[] }> {
  const index = await open(join(work, "blobs.jsonl"), "wx", 0o600);
  const damaged: string[] = [];
  let count = 0;
  const write = async (snapshot: BlobSnapshot, blob: BlobRecord): Promise<void> => {
    // A tar entry tells its length first; of a damaged blob that is what is left of it.
    const size = await snapshot.size(blob.id);
    const { sha256 } = await archive.add(paths.blobPrefix + blob.id, size, snapshot.read(blob.id));
    if (sha256 !== blob.sha256) damaged.push(blob.id);
    await index.write(`${JSON.stringify({ id: blob.id, owner: blob.owner, contentType: blob.contentType, createdAt: blob.createdAt, claimedAt: blob.claimedAt ?? null, size, sha256 } satisfies BlobLine)}\n`);
    count++;
  };
  try {
    const [newest, ...older] = snapshots;
    if (newest !== undefined) for await (const blob of newest.list()) await write(newest, blob);
    for (const snapshot of older) for await (const blob of snapshot.list()) if (!(await newest?.has(blob.id))) await write(snapshot, blob);
  } finally {
    await index.close();
  }
  await archive.addPartFile(paths.blobs, join(work, "blobs.jsonl"));
  return { count, damaged };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}
