import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Where the built entry of a worker thread lies. Node 20 starts threads from JavaScript only, so also
 * when this code runs from its TypeScript source the threads run from `dist`.
 *
 * @returns the path whether or not the file is there, so that the error can name it.
 */
export function builtEntry(name: "worker" | "encoder"): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  const beside = join(folder, `${name}.js`);
  if (existsSync(beside)) return beside;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, "dist", `${name}.js`);
}
