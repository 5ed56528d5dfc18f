import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a built entry of this package lies: worker threads of Node 20 load JavaScript only, also when this code runs from its source. */
export function builtEntry(name: "fax-part" | "page-worker"): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  const beside = join(folder, `${name}.js`);
  if (existsSync(beside)) return beside;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, "dist", `${name}.js`);
}
