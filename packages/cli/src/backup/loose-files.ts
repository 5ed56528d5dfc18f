import { existsSync } from "node:fs";
import { open, readdir, type FileHandle } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Files of core that have a way of their own into a backup, or none. */
const CORE_FILES = /^(hotline\.db|blobs\.db|lock\.db)(-wal|-shm|-journal)?$|^hotline\.pid$|^secret\.key(\.\d+\.tmp)?$|^restore-incomplete$/;
const CORE_FOLDERS = /^(blobs|\.restore-.*)$/;
/** https://bford.info/cachedir/ - what can be made anew. */
const CACHE_TAG = "CACHEDIR.TAG";

/** Paths of all other files below the data folder, with `/`. */
export async function looseFiles(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if ((folder === dataDir && CORE_FOLDERS.test(entry.name)) || existsSync(join(path, CACHE_TAG))) continue;
        await walk(path);
      } else if (entry.isFile() && !(folder === dataDir && CORE_FILES.test(entry.name))) found.push(relative(dataDir, path).split(sep).join("/"));
    }
  };
  if (existsSync(dataDir)) await walk(dataDir);
  return found.sort();
}

/** Opens files that are not open yet, so that they can be read although somebody removes them. */
export async function openLooseFiles(dataDir: string, exclude: ReadonlySet<string>, opened: Map<string, FileHandle>): Promise<void> {
  for (const path of await looseFiles(dataDir)) {
    if (opened.has(path) || exclude.has(join(dataDir, path))) continue;
    try {
      opened.set(path, await open(join(dataDir, path), "r"));
    } catch (error) {
      // Gone since the folder was read: then what belongs to it is in the database by now.
      if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    }
  }
}
