import { resolve } from "node:path";
import { SystemClock, type Hotline } from "@hotlinejs/core";
import { writeBackup } from "../backup/write-backup.js";
import { octets, table, type Output } from "../output.js";

/** `hotline backup`: one file with everything. */
export async function backupCommand(hotline: Hotline, target: string, { includeKey, force, json, cwd, output }: { includeKey: boolean; force: boolean; json: boolean; cwd: string; output: Output }): Promise<number> {
  const absolute = resolve(cwd, target) + (/[/\\]$/.test(target) ? "/" : "");
  const report = await writeBackup({ storage: hotline.storage(), inspection: hotline.inspect(), target: absolute, includeKey, force, now: new SystemClock().now() });
  const { manifest, damagedBlobs } = report;
  const files = manifest.parts.filter(({ path }) => path.startsWith("files/"));
  if (json) output.out(JSON.stringify({ file: report.file, size: report.size, createdAt: manifest.createdAt, database: manifest.database, migrations: manifest.migrations.length, blobs: manifest.blobs, files: files.length, key: includeKey, keyId: manifest.keyId, damagedBlobs }, null, 2));
  else {
    const key = includeKey ? "in: keep the backup as safe as the passwords it opens" : manifest.keyId === null ? "none in use" : `not in: keep ${hotline.storage().secretFile} safe too (or give --include-key)`;
    output.out(`${report.file} (${octets(report.size)})`);
    output.out(table([["database", manifest.database === "sqlite" ? "SQLite" : "PostgreSQL"], ["blobs", String(manifest.blobs)], ["other files", String(files.length)], ["key file", key]], "  "));
  }
  for (const id of damagedBlobs) output.error(`The blob ${id} does not have the sum it was stored with; it is in the backup as it is`);
  return 0;
}
