import type { EntitySchema } from "@mikro-orm/core";
import type { Audit, Blobs, Jobs, ReadPool, Secrets, UnitOfWork } from "../contracts/data.js";
import type { Activity, Clock, Ids } from "../contracts/time.js";
import type { EventDefinition, EventMap, EventName } from "../events/event-map.js";
import type { Logger } from "../log/logger.js";
import type { PluginEvents } from "../plugin/plugin-context.js";
import type { MigrationClass } from "./migration.js";

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
  /** IANA name. */
  readonly timezone: string;
  /** Read at `open()` and later: core's events and those of all plugins. */
  readonly eventDefinitions: () => readonly EventDefinition[];
  /** Key file besides the data folder; default `<dataDir>/secret.key`, made at the first start. */
  readonly secretFile?: string;
  /** Where blobs live. Default `{ store: "sqlite" }`: `<dataDir>/blobs.db`. `folder` defaults to `<dataDir>/blobs`. */
  readonly blobs?: { readonly store: "sqlite" } | { readonly store: "folder"; readonly folder?: string };
}

/** A migration and the plugin that brought it (`core` for core's own). Given in the order of the plugin graph. */
export interface PluginMigration {
  readonly plugin: string;
  readonly migration: MigrationClass;
}

/** What the composition root sees of the event bus. */
export interface EventBusApi {
  /** The bus as one plugin sees it: failures are logged under its name and counted, never reach the publisher. */
  forPlugin(plugin: string): PluginEvents;
  publish<N extends EventName>(name: N, payload: EventMap[N]): void;
  /** Failed handler runs by plugin since the start. */
  failures(): Readonly<Record<string, number>>;
}

/** Database, events, jobs, blobs, audit and secrets of one hotline. */
export interface DataLayerApi {
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly events: EventBusApi;
  readonly jobs: Jobs;
  readonly blobs: Blobs;
  readonly audit: Audit;
  readonly secrets: Secrets;
  /** Locks the data folder, connects, migrates. Coded errors only; after a failure everything is let go of. */
  open(entities: readonly EntitySchema[], migrations: readonly PluginMigration[]): Promise<void>;
  /** Outbox consumers, jobs, sealer and sweepers begin. */
  start(): Promise<void>;
  /** Takes no new job or durable event; finishes what runs. At the signal running jobs are aborted and put back. */
  drain(signal?: AbortSignal): Promise<void>;
  /** Lets go of everything in whatever state. Idempotent. */
  close(): Promise<void>;
}
