// Packages as npm would publish them.
import { execFileSync } from "node:child_process";
import { basename, join } from "node:path";
import { publishedPackages, readManifest } from "./public-entries.mjs";

/**
 * Packs the published packages, or those of `folders`, into `destination`.
 * Returns `{ folder, manifest, tarball, files, unpackedSize }` of each; `files` are paths in the package.
 */
export function packAll(root, destination, folders = publishedPackages(root)) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination, ...folders.flatMap((folder) => ["--workspace", join("packages", basename(folder))])];
  const packed = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 64 << 20 }));
  const byName = new Map((Array.isArray(packed) ? packed : Object.values(packed)).map((result) => [result.name, result]));
  return folders.map((folder) => {
    const manifest = readManifest(folder);
    const result = byName.get(manifest.name);
    if (result === undefined) throw new Error(`npm did not pack ${manifest.name}`);
    return { folder, manifest, tarball: join(destination, result.filename), files: result.files.map((file) => file.path), unpackedSize: result.unpackedSize };
  });
}
