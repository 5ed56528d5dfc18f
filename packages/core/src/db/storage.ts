/** Where a hotline keeps its data. Holds the database's password: not for logs. */
export interface HotlineStorage {
  readonly dataDir: string;
  readonly database:
    | { readonly kind: "sqlite"; readonly file: string }
    | {
        readonly kind: "postgres";
        readonly host: string;
        readonly port: number;
        readonly user: string;
        readonly password: string | undefined;
        readonly database: string;
        readonly ssl: "disable" | "require" | "verify-full";
        /** Host, port and database, for messages. */
        readonly shown: string;
      };
  /** The blob store: a SQLite file, or a folder of contents with their cards. */
  readonly blobs: { readonly store: "sqlite"; readonly file: string } | { readonly store: "folder"; readonly folder: string };
  readonly secretFile: string;
  /** Set when `secretFile` was named by the operator instead of made in the data folder. */
  readonly secretFileGiven: boolean;
  /** `<plugin>/<id>` of every migration the code knows, in the order they run. */
  readonly migrations: readonly string[];
}

/** The data of a hotline while nobody else can use it. */
export interface HeldData {
  readonly storage: HotlineStorage;
  /** Brings the database up to date; resolves with what was run. */
  migrate(): Promise<readonly string[]>;
}

/** What is done and what is to do in the database. */
export interface MigrationPlan {
  /** `SQLite in <file>` or `PostgreSQL at <host:port/database>`. */
  readonly database: string;
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/** Lies in the data folder while a restore is under way: data next to it is not whole. */
export const RESTORE_MARK = "restore-incomplete";

export function shownDatabase(storage: HotlineStorage): string {
  return storage.database.kind === "sqlite" ? `SQLite in ${storage.database.file}` : `PostgreSQL at ${storage.database.shown}`;
}
