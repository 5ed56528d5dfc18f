// What a package lets others import: the entries of its `exports` that have types.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folders of the packages npm publishes, sorted. */
export function publishedPackages(root) {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")) && readManifest(folder).private !== true);
}

/** A package's package.json. */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/**
 * `{ folder, name, source, types, script }` of every entry with types, with absolute paths.
 * `name` is what stands in an import: "@hotlinejs/core/errors". An entry written in JavaScript has no `source`.
 */
export function publicEntries(folder) {
  const manifest = readManifest(folder);
  return Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target === "object" && target.types !== undefined)
    .map(([path, target]) => ({
      folder,
      name: manifest.name + path.slice(1),
      source: target["@hotlinejs/source"] && join(folder, target["@hotlinejs/source"]),
      types: join(folder, target.types),
      script: join(folder, target.import),
    }));
}
