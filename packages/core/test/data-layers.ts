import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import type { Clock } from "../src/contracts/time.js";
import { DataLayer, type DataLayerOptions } from "../src/db/data-layer.js";
import { defineEvent, type EventDefinition } from "../src/events/event-map.js";
import type { Logger } from "../src/log/logger.js";
import { ActivityCounter } from "../src/time/activity-counter.js";
import { SystemClock } from "../src/time/system-clock.js";
import { UuidIds } from "../src/time/uuid-ids.js";
import { VirtualClock } from "../src/time/virtual-clock.js";
import { postgresPresent, startPostgres, type TestPostgres } from "./postgres.js";

declare module "../src/events/event-map.js" {
  interface EventMap {
    "test.durable": { n: number };
    "test.other": { n: number };
    "test.plain": { n: number };
  }
}

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps what it is told. */
export function memoryLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object | string, message?: string) => void lines.push(typeof fields === "string" ? { level, fields: {}, message: fields } : { level, fields, message: message ?? "" });
  const log: Logger = { trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), fatal: at("fatal"), child: () => log };
  return { log, lines };
}

export const testEvents: readonly EventDefinition[] = [
  defineEvent("test.durable", { durable: true }),
  defineEvent("test.other", { durable: true, v: 2 }),
  defineEvent("test.plain"),
  defineEvent("job.failed", { durable: true }),
];

export interface TestLayer {
  readonly layer: DataLayer;
  readonly clock: VirtualClock;
  readonly activity: ActivityCounter;
  readonly lines: LogLine[];
  /** Moves virtual time; everything set off on the way has happened afterwards. */
  advance(ms: number): Promise<void>;
}

/** One database (folder, and on PostgreSQL a database of its own) that several layers use one after the other. */
export interface TestData {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  layer(options?: Partial<DataLayerOptions>): TestLayer;
}

/** Runs the tests once on SQLite and once on a private PostgreSQL. */
export function onBothDatabases(name: string, tests: (fresh: () => Promise<TestData>, kind: "sqlite" | "postgres") => void): void {
  describe(`${name} on SQLite`, () => tests(freshData(() => Promise.resolve(undefined)), "sqlite"));
  const present = postgresPresent();
  describe.skipIf(!present)(`${name} on PostgreSQL`, () => {
    let server: TestPostgres | undefined;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(async () => {
      await server?.stop();
    });
    tests(freshData(() => server?.database() ?? Promise.reject(new Error("no server"))), "postgres");
  });
}

/** Makes data that is taken down after each test. */
export function freshData(url: () => Promise<string | undefined>): () => Promise<TestData> {
  const folders: string[] = [];
  const layers: DataLayer[] = [];
  afterEach(async () => {
    for (const layer of layers.splice(0)) await layer.close();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });
  return async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "hotline-data-"));
    folders.push(dataDir);
    const databaseUrl = await url();
    return {
      dataDir,
      databaseUrl,
      layer: (options = {}) => {
        const clock = new VirtualClock();
        const made = makeLayer({ dataDir, databaseUrl, clock, ...options });
        layers.push(made.layer);
        return { ...made, clock, advance: (ms) => clock.advance(ms, made.activity) };
      },
    };
  };
}

export function makeLayer(options: Partial<DataLayerOptions> & { dataDir: string }): { layer: DataLayer; activity: ActivityCounter; lines: LogLine[] } {
  const clock: Clock = options.clock ?? new SystemClock();
  const activity = new ActivityCounter();
  const { log, lines } = memoryLog();
  const layer = new DataLayer({ clock, ids: new UuidIds(clock), activity, log, nodeId: "node-1", timezone: "Asia/Shanghai", eventDefinitions: () => testEvents, durability: "process", ...options });
  return { layer, activity, lines };
}
