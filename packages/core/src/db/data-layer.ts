import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { EntitySchema } from "@mikro-orm/core";
import { AuditLog } from "../audit/audit-log.js";
import type { Activity, Clock, Ids } from "../contracts/time.js";
import { EventBus } from "../events/event-bus.js";
import type { EventDefinition } from "../events/event-map.js";
import { Outbox, type ConsumerBacklog } from "../events/outbox.js";
import { JobRunner } from "../jobs/job-runner.js";
import type { Logger } from "../log/logger.js";
import { StoredBlobs } from "./blobs.js";
import type { BlobStore } from "./blob-store.js";
import { dataErrors } from "./data-errors.js";
import { parseDatabaseUrl, type PostgresAddress } from "./database-url.js";
import { dataEntities } from "./entities/index.js";
import { FolderBlobStore } from "./folder-blob-store.js";
import { FolderLock } from "./folder-lock.js";
import { dataMigrations } from "./migrations/index.js";
import type { Durability } from "./durability.js";
import { MigratedCopies } from "./migrated-copies.js";
import { appliedMigrations, migrate, migrationNames, pendingMigrations, type PluginMigration } from "./migrator.js";
import { Database, makeDataFolder } from "./orm.js";
import { DatabaseReadPool } from "./read-pool.js";
import { KeyFileSecrets } from "./secrets.js";
import { SqliteBlobStore } from "./sqlite-blob-store.js";
import { SqliteHandle } from "./sqlite-handle.js";
import { RESTORE_MARK, shownDatabase, type HeldData, type HotlineStorage, type MigrationPlan } from "./storage.js";
import { DatabaseUnitOfWork } from "./unit-of-work.js";

export interface DataLayerOptions {
  /** Holds the database, blobs, key file and lock. Made with mode 0700 when missing. */
  readonly dataDir: string;
  /** `postgres://...`; without it SQLite at `<dataDir>/hotline.db`. */
  readonly databaseUrl?: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly activity: Activity;
  readonly log: Logger;
  readonly nodeId: string;
  /** IANA name; the time zone of PostgreSQL sessions. */
  readonly timezone: string;
  /** Read at `open()` and later: core's events and those of all plugins. */
  readonly eventDefinitions: () => readonly EventDefinition[];
  /** An existing key file; default `<dataDir>/secret.key`, made at the first start. */
  readonly secretFile?: string;
  /** Where blobs live. Default `{ store: "sqlite" }`: `<dataDir>/blobs.db`. `folder` defaults to `<dataDir>/blobs`. */
  readonly blobs?: { readonly store: "sqlite" } | { readonly store: "folder"; readonly folder?: string };
  /** Default `disk`. With `process` a new SQLite database is a copy of one that was migrated before in this process. */
  readonly durability?: Durability;
  /** What one migration may take, ms. Default 600 000. */
  readonly migrationMs?: number;
}

const KEY_ID = "secret.key-id";
const copies = new MigratedCopies();

/**
 * Database, events, jobs, blobs, audit and secrets of one hotline.
 *
 * ```
 * new --open()--> open --start()--> running --drain()--> draining --close()--> closed
 *   \______________ a failed open, or close() in any state ______________________^
 * ```
 * Wiring (`jobs.define`, `events.forPlugin(...).handle`, `consume`, `on`) works from the beginning;
 * everything that reaches the database needs `open`.
 */
export class DataLayer {
  readonly unitOfWork: DatabaseUnitOfWork;
  readonly readPool: DatabaseReadPool;
  readonly events: EventBus;
  readonly jobs: JobRunner;
  readonly blobs: StoredBlobs;
  readonly audit: AuditLog;
  readonly secrets = new KeyFileSecrets();

  readonly #options: DataLayerOptions;
  readonly #outbox: Outbox;
  readonly #blobStore: BlobStore;
  #state: "new" | "opening" | "open" | "running" | "draining" | "closed" = "new";
  #lock: FolderLock | undefined;
  #database: Database | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DataLayerOptions) {
    this.#options = options;
    const { clock, ids, activity, log } = options;
    const database = (): Database => this.#reachable();
    const unitOfWork = (): DatabaseUnitOfWork => this.unitOfWork;
    const databaseKind = (): "sqlite" | "postgres" => this.#reachable().kind;
    this.readPool = new DatabaseReadPool(database, activity);
    const shared = { clock, ids, activity, log, readPool: this.readPool, unitOfWork, databaseKind, nodeId: options.nodeId };
    this.jobs = new JobRunner(shared);
    this.audit = new AuditLog(shared);
    this.#outbox = new Outbox({ ...shared, reportFailure: (plugin, event, error) => this.events.reportFailure(plugin, event, error) });
    this.events = new EventBus({ ...shared, definitions: options.eventDefinitions, outbox: this.#outbox });
    this.unitOfWork = new DatabaseUnitOfWork({
      database,
      clock,
      activity,
      log,
      // Events last: on PostgreSQL they take a lock that is then held only for the commit.
      writers: [this.jobs, this.audit, this.events],
      prepareEvent: (name, payload, aggregate) => this.events.prepare(name, payload, aggregate),
      prepareJob: (job) => this.jobs.prepare(job),
      prepareAudit: (entry) => this.audit.prepare(entry),
      now: () => clock.now(),
    });
    const blobs = options.blobs ?? { store: "sqlite" };
    this.#blobStore = blobs.store === "folder" ? new FolderBlobStore(blobs.folder ?? join(options.dataDir, "blobs"), log) : new SqliteBlobStore(join(options.dataDir, "blobs.db"), log, options.durability);
    this.blobs = new StoredBlobs({ store: this.#blobStore, clock, ids, activity, log });
  }

  /** What the consumers of durable events have before them. */
  outboxBacklog(): Promise<readonly ConsumerBacklog[]> {
    return this.#outbox.backlog();
  }

  /** The open database, for schema checks in tests and for tools. */
  get database(): Database {
    return this.#reachable();
  }

  /**
   * Locks the data folder, connects, migrates (core's data tables first, then as given). Coded
   * errors; after a failure everything is let go of.
   */
  async open(entities: readonly EntitySchema[], migrations: readonly PluginMigration[]): Promise<void> {
    if (this.#state !== "new") throw dataErrors.DATA_STATE(this.#state, "opening");
    this.#state = "opening";
    const { dataDir, secretFile, log } = this.#options;
    try {
      const postgres = this.#postgres();
      await makeDataFolder(dataDir);
      this.#lock = await FolderLock.acquire(dataDir);
      this.#assertWhole();
      await this.secrets.load(secretFile ?? join(dataDir, "secret.key"), secretFile === undefined, log);
      await this.#assertBlobsHere();
      await this.#blobStore.open();
      await this.#connectAndMigrate(postgres, entities, withOwn(migrations));
      this.#state = "open";
      await this.#checkKey();
      this.events.settleDefinitions();
      await this.#outbox.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #connectAndMigrate(postgres: PostgresAddress | undefined, entities: readonly EntitySchema[], migrations: readonly PluginMigration[]): Promise<void> {
    const { dataDir, timezone, log, clock, durability } = this.#options;
    const file = join(dataDir, "hotline.db");
    const throwAway = durability === "process" && postgres === undefined && !existsSync(file);
    const laid = throwAway && (await copies.lay(file, migrations));
    this.#database = await Database.connect({ dataDir, postgres, entities: [...dataEntities, ...entities], timezone, clock, log, ...(durability === undefined ? {} : { durability }) });
    await this.#migrate(this.#database, migrations);
    if (laid) await copies.date(this.#database, clock.now());
    else if (throwAway) await copies.keep(file, this.#database, migrations);
  }

  #migrate(database: Database, migrations: readonly PluginMigration[]): Promise<readonly string[]> {
    const { clock, log, migrationMs = 600_000 } = this.#options;
    return migrate(database, migrations, { clock, log, limitMs: migrationMs });
  }

  /** Where everything is. `HTL_CORE_DATABASE_URL` for a URL that is none. */
  storage(migrations: readonly PluginMigration[]): HotlineStorage {
    const { dataDir, secretFile, blobs = { store: "sqlite" } } = this.#options;
    const postgres = this.#postgres();
    return {
      dataDir: resolve(dataDir),
      database: postgres === undefined ? { kind: "sqlite", file: join(dataDir, "hotline.db") } : { kind: "postgres", ...postgres },
      blobs: blobs.store === "folder" ? { store: "folder", folder: blobs.folder ?? join(dataDir, "blobs") } : { store: "sqlite", file: join(dataDir, "blobs.db") },
      secretFile: secretFile ?? join(dataDir, "secret.key"),
      secretFileGiven: secretFile !== undefined,
      migrations: migrationNames(withOwn(migrations)),
    };
  }

  /**
   * Looks which migrations are done and which are to do; makes and changes nothing, and may be
   * asked while the hotline runs. `HTL_CORE_MIGRATION_UNKNOWN` when the database is newer than the code.
   */
  async migrationPlan(entities: readonly EntitySchema[], migrations: readonly PluginMigration[]): Promise<MigrationPlan> {
    const { dataDir, timezone, log, clock } = this.#options;
    const storage = this.storage(migrations);
    const shown = shownDatabase(storage);
    if (storage.database.kind === "sqlite" && !existsSync(storage.database.file)) return { database: shown, applied: [], pending: storage.migrations };
    const database = await Database.connect({ dataDir, postgres: this.#postgres(), entities: [...dataEntities, ...entities], timezone, clock, log, observe: true });
    try {
      const applied = await appliedMigrations(database);
      return { database: shown, applied, pending: pendingMigrations(withOwn(migrations), applied) };
    } finally {
      await database.close();
    }
  }

  /**
   * Runs `fn` while nobody else can use the data: the folder is locked and, on PostgreSQL, the
   * database. The layer is closed afterwards. `HTL_CORE_DATA_IN_USE` while a hotline runs on it.
   */
  async hold<T>(entities: readonly EntitySchema[], migrations: readonly PluginMigration[], fn: (held: HeldData) => Promise<T>): Promise<T> {
    if (this.#state !== "new") throw dataErrors.DATA_STATE(this.#state, "holding the data");
    this.#state = "opening";
    const { dataDir, timezone, log, clock } = this.#options;
    const postgres = this.#postgres();
    const connect = async (): Promise<Database> => (this.#database ??= await Database.connect({ dataDir, postgres, entities: [...dataEntities, ...entities], timezone, clock, log }));
    try {
      await makeDataFolder(dataDir);
      this.#lock = await FolderLock.acquire(dataDir);
      if (postgres !== undefined) await connect();
      return await fn({
        storage: this.storage(migrations),
        migrate: async () => this.#migrate(await connect(), withOwn(migrations)),
      });
    } finally {
      await this.close();
    }
  }

  /** As at a start, and nothing else: locks, migrates, lets go. Resolves with what was run. */
  async migrateOnly(entities: readonly EntitySchema[], migrations: readonly PluginMigration[]): Promise<readonly string[]> {
    return this.hold(entities, migrations, (held) => {
      this.#assertWhole();
      return held.migrate();
    });
  }

  /** Event consumers, jobs, the sealer and the sweepers begin; what the last process left over goes on. */
  async start(): Promise<void> {
    if (this.#state !== "open") throw dataErrors.DATA_STATE(this.#state, "starting");
    await this.jobs.start();
    this.#state = "running";
    this.#outbox.start();
    this.audit.start();
    this.blobs.start();
  }

  /**
   * Takes no new job and delivers no further durable event; finishes what runs. At the signal
   * running jobs are aborted and put back, and consumers are no longer waited for. Units of work go
   * on until `close`.
   */
  async drain(signal?: AbortSignal): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "draining";
    this.blobs.stop();
    const consumers = this.#outbox.drain();
    await Promise.all([this.jobs.drain(signal), Promise.race([consumers, aborted(signal)])]);
    await this.audit.drain();
  }

  /** Lets go of everything in whatever state, after the units of work in progress have ended. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const deadline = new AbortController();
    deadline.abort();
    await this.#release("draining", () => this.drain(deadline.signal));
    this.#state = "closed";
    this.jobs.stop();
    this.events.stop();
    await this.#release("units of work", () => this.unitOfWork.settled());
    await this.#release("the database", async () => this.#database?.close());
    await this.#release("blobs", () => this.#blobStore.close());
    await this.#release("the folder lock", async () => this.#lock?.release());
  }

  async #release(what: string, fn: () => Promise<void>): Promise<void> {
    try {
      await fn();
    } catch (error) {
      this.#options.log.error({ err: error }, `closing ${what} failed`);
    }
  }

  #postgres(): PostgresAddress | undefined {
    const { databaseUrl } = this.#options;
    return databaseUrl === undefined || databaseUrl === "" ? undefined : parseDatabaseUrl(databaseUrl);
  }

  #assertWhole(): void {
    const { dataDir } = this.#options;
    if (existsSync(join(dataDir, RESTORE_MARK))) throw dataErrors.RESTORE_INCOMPLETE(dataDir);
  }

  /** Contents in the file of before would be lost from sight. */
  async #assertBlobsHere(): Promise<void> {
    const { blobs } = this.storage([]);
    const file = join(this.#options.dataDir, "blobs.db");
    if (blobs.store !== "folder" || !existsSync(file)) return;
    const handle = await SqliteHandle.observe(file);
    try {
      if ((await handle.get("select 1 as found from blob where size is not null limit 1")) !== undefined) throw dataErrors.BLOBS_ELSEWHERE(file, blobs.folder);
    } finally {
      await handle.close();
    }
  }

  #reachable(): Database {
    if (this.#database === undefined || this.#state === "new" || this.#state === "opening" || this.#state === "closed") throw dataErrors.DATA_STATE(this.#state === "closed" ? "closed" : "not open", "reaching the database");
    return this.#database;
  }

  /** A database whose secrets were sealed with a key that is gone must not come up as if nothing were missing. */
  async #checkKey(): Promise<void> {
    const { secretFile, dataDir } = this.#options;
    await this.unitOfWork.run(async ({ em }) => {
      const rows = await em.execute<{ value: string }[]>("select value from core_state where key = ?", [KEY_ID]);
      const sealedWith = rows[0]?.value;
      if (sealedWith !== undefined && !this.secrets.keyIds.includes(sealedWith)) throw dataErrors.SECRET_KEY_MISSING(sealedWith, secretFile ?? join(dataDir, "secret.key"));
      if (sealedWith !== this.secrets.currentKeyId) {
        await em.execute("insert into core_state (key, value) values (?, ?) on conflict (key) do update set value = excluded.value", [KEY_ID, this.secrets.currentKeyId], "run");
      }
    });
  }
}

/** Core's data tables come first. */
function withOwn(migrations: readonly PluginMigration[]): readonly PluginMigration[] {
  return [...dataMigrations.map((migration) => ({ plugin: "core", migration })), ...migrations];
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}
