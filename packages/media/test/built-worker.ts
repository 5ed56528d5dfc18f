import { execFile } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Builds the worker threads when a source is younger than what was built. Several test files may ask at once. */
export function ensureWorkerBuilt(): Promise<void> {
  return ensureBuilt(dirname(dirname(fileURLToPath(import.meta.url))), ["worker.js", "encoder.js", "dsp.js"]);
}

/** The same for another package that has code for a worker. */
export async function ensureBuilt(root: string, names: readonly string[]): Promise<void> {
  const lock = join(root, "dist", ".lock");
  const deadline = Date.now() + 50_000;
  await mkdir(dirname(lock), { recursive: true });
  while (await stale(root, names)) {
    const mine = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (mine) {
      try {
        const tsup = createRequire(import.meta.url).resolve("tsup/dist/cli-default.js");
        await promisify(execFile)(process.execPath, [tsup], { cwd: root });
      } finally {
        await rm(lock, { recursive: true, force: true });
      }
      return;
    }
    if (Date.now() > deadline) await rm(lock, { recursive: true, force: true }); // its owner was killed
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function stale(root: string, names: readonly string[]): Promise<boolean> {
  const built = await Promise.all(names.map((name) => stat(join(root, "dist", name)).then((info) => info.mtimeMs, () => 0)));
  const oldest = Math.min(...built);
  const sources = await readdir(join(root, "src"), { recursive: true, withFileTypes: true });
  for (const source of sources) {
    if (!source.isFile() || source.name.endsWith(".test.ts")) continue;
    if ((await stat(join(source.parentPath, source.name))).mtimeMs > oldest) return true;
  }
  return false;
}
