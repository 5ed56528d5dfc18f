import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dataErrors } from "./data-errors.js";
import { isFileMissing, translateError } from "./database-error.js";
import { SqliteHandle } from "./sqlite-handle.js";

/**
 * One hotline per data folder. The lock is an exclusive SQLite transaction on `lock.db`: the
 * operating system lets go of it when the process dies in whatever way, so a kill -9 leaves nothing
 * stale behind, and SQLite keeps two connections of one process apart as well.
 */
export class FolderLock {
  readonly #handle: SqliteHandle;
  readonly #pidFile: string;

  private constructor(handle: SqliteHandle, pidFile: string) {
    this.#handle = handle;
    this.#pidFile = pidFile;
  }

  /** `HTL_CORE_DATA_IN_USE` when somebody holds it. */
  static async acquire(folder: string): Promise<FolderLock> {
    const pidFile = join(folder, "hotline.pid");
    const file = join(folder, "lock.db");
    const handle = await SqliteHandle.open(file).catch((error: unknown) => {
      throw translateError(error, { file, folder });
    });
    try {
      await handle.exec("pragma journal_mode = memory");
      await handle.exec("begin exclusive");
      await writeFile(pidFile, `${process.pid}\n`, { mode: 0o600 });
      return new FolderLock(handle, pidFile);
    } catch (error) {
      await handle.close();
      if ((error as { code?: unknown }).code === "SQLITE_BUSY") {
        const pid = await holder(pidFile);
        throw dataErrors.DATA_IN_USE(folder, pid === undefined ? "" : ` (process ${pid})`);
      }
      throw translateError(error, { file, folder });
    }
  }

  async release(): Promise<void> {
    await rm(this.#pidFile, { force: true });
    await this.#handle.close();
  }
}

/** Who wrote the pid file; only told in messages, never relied on. */
async function holder(pidFile: string): Promise<string | undefined> {
  try {
    const text = (await readFile(pidFile, "utf8")).trim();
    return /^\d+$/.test(text) ? text : undefined;
  } catch (error) {
    if (isFileMissing(error)) return undefined;
    throw error;
  }
}
