import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** URL of the built module that media workers load for a virtual line. Also when this code runs from its source: Node 20 workers run JavaScript only. */
export function partModule(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  const beside = join(folder, "line-worker.js");
  if (existsSync(beside)) return pathToFileURL(beside).href;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return pathToFileURL(join(folder, "dist", "line-worker.js")).href;
}
