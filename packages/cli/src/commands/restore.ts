import { resolve } from "node:path";
import type { Hotline } from "@hotlinejs/core";
import { restoreBackup } from "../backup/restore-backup.js";
import { table, type Output } from "../output.js";

/** `hotline restore`: a verified backup in place of what is there. */
export async function restoreCommand(hotline: Hotline, file: string, { force, withoutKey, json, cwd, output }: { force: boolean; withoutKey: boolean; json: boolean; cwd: string; output: Output }): Promise<number> {
  const { database, manifest, keyFile } = await restoreBackup({ hotline, file: resolve(cwd, file), force, withoutKey });
  if (json) output.out(JSON.stringify({ database, hotline: manifest.hotline, createdAt: manifest.createdAt, blobs: manifest.blobs, keyFile: keyFile ?? null }, null, 2));
  else output.out(`Restored the backup of ${manifest.hotline} made at ${manifest.createdAt}\n${table([["database", database], ["blobs", String(manifest.blobs)], ["key file", keyFile ?? "none"]], "  ")}`);
  return 0;
}
