import { open } from "node:fs/promises";
import sqlite3 from "sqlite3";

export type SqliteValue = string | number | null | Uint8Array;

/** Makes the file with mode 0600 when it is missing; SQLite would make it readable for all, and gives its WAL the same mode. */
export async function makePrivateFile(file: string): Promise<void> {
  const handle = await open(file, "a", 0o600);
  await handle.close();
}

/** SQLite's online backup; the types of node-sqlite3 leave it out. */
interface SqliteBackup {
  step(pages: number, done: (error: Error | null) => void): void;
  finish(done: () => void): void;
}

/** One SQLite connection with promises, for the files that stand beside the main database. */
export class SqliteHandle {
  readonly #db: sqlite3.Database;
  #closing: Promise<void> | undefined;

  private constructor(db: sqlite3.Database) {
    this.#db = db;
  }

  static async open(file: string): Promise<SqliteHandle> {
    await makePrivateFile(file);
    return new Promise((resolve, reject) => {
      const db: sqlite3.Database = new sqlite3.Database(file, sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE, (error) => {
        if (error) reject(error);
        else resolve(new SqliteHandle(db));
      });
    });
  }

  /** An existing file, for reading only; of a running hotline too. */
  static observe(file: string): Promise<SqliteHandle> {
    return new Promise((resolve, reject) => {
      // Read and write, or SQLite could not take up the log a killed process left behind.
      const db: sqlite3.Database = new sqlite3.Database(file, sqlite3.OPEN_READWRITE, (error) => {
        if (error) return reject(error);
        const handle = new SqliteHandle(db);
        handle.exec("pragma busy_timeout = 5000; pragma query_only = 1").then(() => resolve(handle), reject);
      });
    });
  }

  /** Begins a read transaction that sees the file as it is now, whatever others commit later, until `close`. */
  async pin(): Promise<void> {
    await this.exec("begin");
    // The snapshot is taken by the first read, not by `begin`.
    await this.all("select count(*) from sqlite_master");
  }

  /** Copies the database, as this connection sees it, into a new file. */
  async copyTo(file: string): Promise<void> {
    const { backup } = this.#db as unknown as { backup(file: string, done: (error: Error | null) => void): SqliteBackup };
    const copy = await new Promise<SqliteBackup>((resolve, reject) => {
      const made: SqliteBackup = backup.call(this.#db, file, (error) => (error ? reject(error) : resolve(made)));
    });
    try {
      await new Promise<void>((resolve, reject) => copy.step(-1, (error) => (error ? reject(error) : resolve())));
    } finally {
      await new Promise<void>((resolve) => copy.finish(() => resolve()));
    }
  }

  /** Statements without parameters, one or several. */
  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => this.#db.exec(sql, (error) => (error ? reject(error) : resolve())));
  }

  /** Runs one statement; resolves with the number of changed rows. */
  run(sql: string, params: readonly SqliteValue[] = []): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#db.run(sql, [...params], function (this: sqlite3.RunResult, error: Error | null) {
        if (error) reject(error);
        else resolve(this.changes);
      }),
    );
  }

  all<T>(sql: string, params: readonly SqliteValue[] = []): Promise<T[]> {
    return new Promise((resolve, reject) => this.#db.all(sql, [...params], (error: Error | null, rows: T[]) => (error ? reject(error) : resolve(rows))));
  }

  async get<T>(sql: string, params: readonly SqliteValue[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, params))[0];
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => this.#db.close((error) => (error ? reject(error) : resolve())));
    return this.#closing;
  }
}
