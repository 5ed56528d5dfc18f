import type { CallPipelineOptions } from "./calls/call-pipeline.js";
import { parseCoreOptions, roundTheClock, type CoreOptions } from "./config/hotline-options.js";
import type { HotlineHealth, HotlineState } from "./contracts/http.js";
import type { Services } from "./contracts/services.js";
import type { CalendarData, Clock, Ids } from "./contracts/time.js";
import { DataLayer } from "./db/data-layer.js";
import type { Durability } from "./db/durability.js";
import type { HeldData, HotlineStorage, MigrationPlan } from "./db/storage.js";
import type { HotlineInspection } from "./kernel/inspection.js";
import { Kernel } from "./kernel/kernel.js";
import type { Logger } from "./log/logger.js";
import { createPinoLogger } from "./log/pino-logger.js";
import type { Plugin } from "./plugin/define-plugin.js";
import { ActivityCounter } from "./time/activity-counter.js";
import { createCalendars } from "./time/calendars.js";
import { SystemClock } from "./time/system-clock.js";
import { UuidIds } from "./time/uuid-ids.js";

export interface HotlineOptions extends CoreOptions {
  readonly plugins: readonly Plugin[];
  /** Opening hours and holidays; `default` is round the clock unless given. */
  readonly calendars?: readonly CalendarData[];
  readonly calls?: CallPipelineOptions;
  /** Variables that override options; give `process.env`. Default: none, so that tests and embedders decide. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Replaces the built-in logger; `log` is then ignored. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /**
   * `disk` (default): what is committed survives a power cut. `process`: only the death of the
   * process, for tests and demonstrations; several times faster to start and to write.
   */
  readonly durability?: Durability;
  /** Counter shared with a test that drives virtual time. */
  readonly activity?: ActivityCounter;
}

/** A hotline that was put together. */
export interface Hotline {
  readonly state: HotlineState;
  /** What the plugins provide. Complete once `start` has resolved. */
  readonly services: Services;
  /** Rejects with a coded error; everything begun has been let go of then. */
  start(): Promise<void>;
  /** Drains (unless told not to) and stops. Never rejects for what a plugin does wrong. */
  stop(options?: { drain?: boolean }): Promise<void>;
  /** Ends a running drain at once. */
  hurry(): void;
  health(): Promise<HotlineHealth>;
  /** Logs an error that nobody caught, and whose plugin is not known: a rejected promise without a handler, a throw out of a timer. */
  reportUncaught(error: unknown): void;
  /** What it is made of: plugins in order, options with secrets hidden, variables, and what is wrong with them. In any state; opens nothing. */
  inspect(): HotlineInspection;
  /**
   * As `inspect`, and wires the plugins and runs their checks (flows), all that a start does before
   * it opens anything. The hotline cannot be started afterwards.
   */
  check(): Promise<HotlineInspection>;
  /** Where its data is. Holds the database's password. */
  storage(): HotlineStorage;
  /** Which migrations are done and which are to do. Changes nothing. @throws HTL_CORE_MIGRATION_UNKNOWN when the database is newer */
  migrationPlan(): Promise<MigrationPlan>;
  /**
   * Brings the database up to date without starting; resolves with what was run. The hotline cannot be started afterwards.
   *
   * @throws HTL_CORE_DATA_IN_USE while one runs on the data, HTL_CORE_MIGRATION_UNKNOWN, HTL_CORE_MIGRATION_FAILED
   */
  migrate(): Promise<readonly string[]>;
  /**
   * Runs `fn` while no hotline can use the data, for maintenance such as a restore. The hotline
   * cannot be started afterwards.
   *
   * @throws HTL_CORE_DATA_IN_USE
   */
  hold<T>(fn: (held: HeldData) => Promise<T>): Promise<T>;
}

/**
 * Puts a hotline together. Nothing is opened before `start`.
 *
 * ```ts
 * const hotline = createHotline({ name: "demo", plugins: [media(), sip(), http()] });
 * await hotline.start();
 * ```
 *
 * @throws HTL_CORE_CONFIG_INVALID, HTL_CORE_ENVIRONMENT_INVALID, HTL_CORE_TIMEZONE_INVALID
 */
export function createHotline(options: HotlineOptions): Hotline {
  const { plugins, calendars = [], calls = {}, environment = {}, logger, clock = new SystemClock(), activity = new ActivityCounter(), durability, ...core } = options;
  const { ids = new UuidIds(clock), ...coreOptions } = core;
  const parsed = parseCoreOptions(coreOptions, environment);
  const log = logger ?? createPinoLogger({ level: parsed.log, name: parsed.settings.name });
  const nodeId = ids.next();
  const allCalendars = calendars.some((each) => each.key === "default") ? calendars : [roundTheClock, ...calendars];
  return new Kernel({
    plugins,
    settings: { ...parsed.settings, nodeId },
    environment,
    clock,
    ids,
    activity,
    log,
    calendars: createCalendars(allCalendars, parsed.settings.timezone),
    calls,
    drainMs: parsed.drainMs,
    data: (events) =>
      new DataLayer({
        dataDir: parsed.settings.dataDir,
        ...(parsed.databaseUrl === undefined ? {} : { databaseUrl: parsed.databaseUrl }),
        ...(parsed.secretFile === undefined ? {} : { secretFile: parsed.secretFile }),
        ...(parsed.blobFolder === undefined ? {} : { blobs: { store: "folder" as const, folder: parsed.blobFolder } }),
        ...(durability === undefined ? {} : { durability }),
        migrationMs: parsed.migrationMs,
        clock,
        ids,
        activity,
        log,
        nodeId,
        timezone: parsed.settings.timezone,
        eventDefinitions: events,
      }),
  });
}
