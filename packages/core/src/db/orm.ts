import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { EntitySchema, LoggerNamespace } from "@mikro-orm/core";
import { MikroORM } from "@mikro-orm/core";
import type { Knex, SqlEntityManager } from "@mikro-orm/knex";
import { PostgreSqlDriver } from "@mikro-orm/postgresql";
import { SqliteDriver } from "@mikro-orm/sqlite";
import type { Clock } from "../contracts/time.js";
import type { Logger } from "../log/logger.js";
import { dataErrors } from "./data-errors.js";
import { driverCode, translateError, type ErrorPlace } from "./database-error.js";
import type { PostgresAddress } from "./database-url.js";
import type { Durability } from "./durability.js";
import { PostgresLock } from "./postgres-lock.js";
import { ImmediateSqliteDialect } from "./sqlite-dialect.js";
import { makePrivateFile } from "./sqlite-handle.js";

/** A raw connection as knex's pool hands it out; only what is needed here. */
interface RawSqlite {
  exec(sql: string, done: (error: Error | null) => void): void;
}
interface RawPostgres {
  query(sql: string, done: (error: Error | null) => void): void;
}
// Synchronous first: to change the journal mode waits for the disk as well.
const writerPragmas = (durability: Durability): string =>
  `pragma synchronous = ${durability === "disk" ? "full" : "off"}; pragma journal_mode = wal; pragma busy_timeout = 5000; pragma foreign_keys = on; pragma journal_size_limit = 67108864;`;
const READER_PRAGMAS = "pragma busy_timeout = 5000; pragma foreign_keys = on; pragma query_only = 1;";

export interface DatabaseOptions {
  readonly dataDir: string;
  /** PostgreSQL; without it SQLite at `<dataDir>/hotline.db`. */
  readonly postgres?: PostgresAddress;
  readonly entities: readonly EntitySchema[];
  readonly timezone: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default `disk`. */
  readonly durability?: Durability;
  /** Only looks: both sides read, no lock is taken, nothing is made. The database must be there. */
  readonly observe?: boolean;
}

/**
 * Makes the data folder with mode 0700; one that is there keeps its mode (it may be shared on
 * purpose), the files in it are for their owner alone anyway. `HTL_CORE_DATA_UNWRITABLE` when it
 * cannot be used.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(resolve(folder));
    if (!(await stat(folder)).isDirectory()) throw dataErrors.DATA_UNWRITABLE(folder, "it is a file");
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw translateError(error, { folder });
  }
}

/** Step by step: the recursive mkdir of Node never ends below /proc. */
async function makeFolder(folder: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(folder, { mode: 0o700 }).then(undefined, (error: unknown) => {
      if (driverCode(error) !== "EEXIST") throw error;
    });
  try {
    await make();
  } catch (error) {
    if (driverCode(error) !== "ENOENT" || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await make();
  }
}

/** The two sides of the database: one writing, one that can only read. */
export class Database {
  readonly kind: "sqlite" | "postgres";
  readonly place: ErrorPlace;
  readonly #writer: MikroORM;
  readonly #reader: MikroORM;
  readonly #lock: PostgresLock | undefined;
  #closed: Promise<void> | undefined;

  private constructor(kind: "sqlite" | "postgres", place: ErrorPlace, writer: MikroORM, reader: MikroORM, lock: PostgresLock | undefined) {
    this.kind = kind;
    this.place = place;
    this.#writer = writer;
    this.#reader = reader;
    this.#lock = lock;
  }

  /** Connects both sides, the writer first (it makes the file). Coded errors. */
  static async connect(options: DatabaseOptions): Promise<Database> {
    const { postgres } = options;
    const file = join(options.dataDir, "hotline.db");
    const place: ErrorPlace = postgres === undefined ? { file, folder: options.dataDir } : { server: postgres.shown };
    const opened: MikroORM[] = [];
    const open = async (side: "writer" | "reader"): Promise<MikroORM> => {
      const orm = postgres === undefined ? await sqlite(file, side, options) : await postgresql(postgres, side, options);
      opened.push(orm);
      await orm.em.getConnection().execute("select 1");
      return orm;
    };
    try {
      if (options.observe === true) {
        const observer = await open("reader");
        return new Database(postgres === undefined ? "sqlite" : "postgres", place, observer, observer, undefined);
      }
      const writer = await open("writer");
      const knex = (writer.em as SqlEntityManager).getKnex();
      const lock = postgres === undefined ? undefined : await PostgresLock.acquire(knex, postgres, options.clock, options.log);
      const reader = await open("reader");
      return new Database(postgres === undefined ? "sqlite" : "postgres", place, writer, reader, lock);
    } catch (error) {
      for (const orm of opened) await orm.close(true);
      throw translateError(error, place);
    }
  }

  /** A fresh entity manager of the writing side, outside any transaction. Only for the unit of work. */
  writer(): SqlEntityManager {
    return this.#writer.em.fork({ clear: true, useContext: false }) as SqlEntityManager;
  }

  /** A fresh entity manager that cannot write. */
  reader(): SqlEntityManager {
    return this.#reader.em.fork({ clear: true, useContext: false, disableTransactions: true }) as SqlEntityManager;
  }

  /** The writing side's ORM, for migrations and schema checks. */
  get orm(): MikroORM {
    return this.#writer;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#reader.close(true);
    await this.#lock?.release();
    if (this.#writer !== this.#reader) await this.#writer.close(true);
  }
}

function common(options: DatabaseOptions) {
  return {
    entities: [...options.entities],
    connect: false,
    ensureDatabase: false,
    metadataCache: { enabled: false },
    discovery: { warnWhenNoEntities: false },
    colors: false,
    highlighter: undefined,
    debug: ["info"] as LoggerNamespace[],
    logger: (message: string) => options.log.debug({ orm: message }, "orm"),
  };
}

/** knex would print to stdout. */
function knexLog(log: Logger) {
  const to = (level: "debug" | "warn") => (message: unknown) => log[level]({ knex: String(message) }, "knex");
  return { warn: to("warn"), error: to("warn"), deprecate: to("debug"), debug: to("debug") };
}

async function sqlite(file: string, side: "writer" | "reader", options: DatabaseOptions): Promise<MikroORM> {
  await makePrivateFile(file);
  const pragmas = side === "writer" ? writerPragmas(options.durability ?? "disk") : READER_PRAGMAS;
  return MikroORM.init({
    ...common(options),
    driver: SqliteDriver,
    dbName: file,
    pool: {
      // One writer (SQLite has no more); readers see the last commit without waiting for it.
      min: 1,
      max: side === "writer" ? 1 : 3,
      afterCreate: (connection: RawSqlite, done: (error: Error | null, connection: RawSqlite) => void) => connection.exec(pragmas, (error) => done(error, connection)),
    },
    driverOptions: { log: knexLog(options.log), ...(side === "writer" ? { client: ImmediateSqliteDialect } : {}) },
  });
}

function postgresql(address: PostgresAddress, side: "writer" | "reader", options: DatabaseOptions): Promise<MikroORM> {
  const zone = `set time zone '${options.timezone.replace(/'/g, "''")}'`;
  const commits = options.durability === "process" ? `${zone}; set synchronous_commit = off` : zone;
  const session = side === "reader" ? `${zone}; set default_transaction_read_only = on` : commits;
  return MikroORM.init({
    ...common(options),
    driver: PostgreSqlDriver,
    dbName: address.database,
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    pool: {
      min: 0,
      max: side === "writer" ? 10 : 5,
      acquireTimeoutMillis: 15_000,
      afterCreate: (connection: RawPostgres, done: (error: Error | null, connection: RawPostgres) => void) => connection.query(session, (error) => done(error, connection)),
    },
    driverOptions: {
      log: knexLog(options.log),
      connection: {
        application_name: "hotline",
        connectionTimeoutMillis: 5000,
        keepAlive: true,
        ssl: address.ssl === "disable" ? false : { rejectUnauthorized: address.ssl === "verify-full" },
      } satisfies Record<string, unknown> as Knex.PgConnectionConfig,
    },
  });
}
