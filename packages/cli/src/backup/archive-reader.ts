import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { errorText, isHotlineError } from "@hotlinejs/core";
import { extract } from "tar-stream";
import { errors } from "../errors.js";
import { parseBlobLine, parseManifest, parseTables, paths, type BackupManifest, type BlobLine, type Tables } from "./manifest.js";

/** Small parts are kept whole; a manifest of this size would name millions of parts. */
const TEXT_LIMIT = 512 * 1024 * 1024;

/** A backup all of whose sums are right. */
export interface VerifiedBackup {
  readonly file: string;
  readonly manifest: BackupManifest;
  readonly blobs: ReadonlyMap<string, BlobLine>;
  readonly tables: Tables | undefined;
  /** The key file, when it is in. */
  readonly key: string | undefined;
}

/** Calls `fn` with every entry in the order of the file; what it leaves unread is passed over. */
export async function readArchive(file: string, fn: (path: string, content: AsyncIterable<Buffer>, size: number) => Promise<void>): Promise<void> {
  const source = createReadStream(file);
  const entries = extract();
  let failure: unknown;
  source.on("error", (error) => {
    failure = error;
    entries.destroy(error);
  });
  source.pipe(entries);
  try {
    for await (const entry of entries) {
      const { name, type, size } = entry.header;
      if (type !== "file" && type !== "contiguous-file") throw errors.BACKUP_DAMAGED(file, `it holds ${name}, which is no file`);
      await fn(name, entry as unknown as Readable & AsyncIterable<Buffer>, size ?? 0);
      entry.resume();
    }
  } catch (error) {
    if (failure !== undefined) throw errors.BACKUP_MISSING(file, errorText(failure), { cause: failure });
    if (isHotlineError(error) || isSystemError(error)) throw error;
    throw errors.BACKUP_DAMAGED(file, errorText(error), { cause: error });
  } finally {
    source.destroy();
  }
}

/**
 * Reads the whole file and compares every sum.
 *
 * @throws HTL_CLI_BACKUP_MISSING, HTL_CLI_BACKUP_DAMAGED, HTL_CLI_BACKUP_FORMAT
 */
export async function verifyBackup(file: string): Promise<VerifiedBackup> {
  const found = new Map<string, { size: number; sha256: string }>();
  const texts = new Map<string, string>();
  const kept = new Set<string>([paths.manifest, paths.blobs, paths.tables, paths.key]);
  await readArchive(file, async (path, content, size) => {
    if (found.has(path)) throw errors.BACKUP_DAMAGED(file, `${path} is in it twice`);
    if (path.split("/").some((piece) => piece === ".." || piece === "") || path.startsWith("/")) throw errors.BACKUP_DAMAGED(file, `the name ${path} leads out of it`);
    if (kept.has(path) && size > TEXT_LIMIT) throw errors.BACKUP_DAMAGED(file, `${path} is too large`);
    const hash = createHash("sha256");
    const pieces: Buffer[] = [];
    for await (const piece of content) {
      hash.update(piece);
      if (kept.has(path)) pieces.push(piece);
    }
    found.set(path, { size, sha256: hash.digest("hex") });
    if (kept.has(path)) texts.set(path, Buffer.concat(pieces).toString("utf8"));
  });

  const text = texts.get(paths.manifest);
  if (text === undefined) throw errors.BACKUP_DAMAGED(file, "it has no manifest: its end is missing, or it is no backup");
  const manifest = parseManifest(file, text);
  const expected = new Map<string, { size: number; sha256: string }>(manifest.parts.map((part) => [part.path, part]));
  compare(file, found, expected);
  const blobs = new Map((texts.get(paths.blobs) ?? "").split("\n").filter((line) => line !== "").map((line) => parseBlobLine(file, line)).map((line) => [line.id, line]));
  if (blobs.size !== manifest.blobs) throw errors.BACKUP_DAMAGED(file, `${paths.blobs} names ${blobs.size} blobs instead of ${manifest.blobs}`);
  const contents = new Map([...blobs.values()].map((line) => [paths.blobPrefix + line.id, line]));
  compare(file, found, contents);
  for (const path of found.keys()) if (path !== paths.manifest && !expected.has(path) && !contents.has(path)) throw errors.BACKUP_DAMAGED(file, `${path} is in no list`);
  const tables = texts.get(paths.tables);
  return { file, manifest, blobs, tables: tables === undefined ? undefined : parseTables(file, tables), key: texts.get(paths.key) };
}

function compare(file: string, found: ReadonlyMap<string, { size: number; sha256: string }>, expected: ReadonlyMap<string, { size: number; sha256: string }>): void {
  for (const [path, { size, sha256 }] of expected) {
    const part = found.get(path);
    if (part === undefined) throw errors.BACKUP_DAMAGED(file, `${path} is missing`);
    if (part.size !== size || part.sha256 !== sha256) throw errors.BACKUP_DAMAGED(file, `${path} does not have the sum it was written with`);
  }
}

/** What the disk says where entries are written, not what the archive is like. */
function isSystemError(error: unknown): boolean {
  return typeof (error as { syscall?: unknown }).syscall === "string";
}
