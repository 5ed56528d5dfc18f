import { resolve } from "node:path";
import { z } from "zod";
import type { CalendarData } from "../contracts/time.js";
import { coreErrors } from "../errors/core-errors.js";
import { logLevels } from "../log/pino-logger.js";
import { HOST_ADDRESS, isHostAddress } from "../net/host-address.js";
import { issueLines } from "./plugin-config.js";
import type { HotlineSettings } from "./settings.js";

/** Options of `createHotline` that variables can set too. */
export const coreOptionsSchema = z.strictObject({
  /** Shown in logs, health and the SIP Server header. */
  name: z.string().regex(/^[\w.-]{1,60}$/, "letters, digits, dot, dash and underscore, at most 60").default("hotline"),
  /** Address everything listens on. */
  host: z.string().min(1).default("127.0.0.1"),
  /** Database, recordings, caches and key file; one process at a time. */
  dataDir: z.string().min(1).default("./data"),
  /** `postgres://user:password@host/database`; absent: SQLite in the data folder. */
  databaseUrl: z.string().min(1).optional(),
  /** IANA name; business dates and spoken times are in it. */
  timezone: z.string().min(1).default("Asia/Shanghai"),
  /** How browsers reach the hotline, `https://hotline.example.gov.cn`; for links in messages. */
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Address told to SIP peers when it differs from `host` (NAT). */
  advertisedAddress: z.string().refine(isHostAddress, HOST_ADDRESS).optional(),
  /** Key file; default `<dataDir>/secret.key`, made at the first start. */
  secretFile: z.string().min(1).optional(),
  /** Folder for recordings, attachments and other large contents, one file each; absent: one SQLite file in the data folder. Choose before the first start: what is in the one place is not looked for in the other. */
  blobFolder: z.string().min(1).optional(),
  /** JSON lines of this level and above go to stderr. */
  log: z.enum(logLevels).default("info"),
  /** Seconds one migration of the database may take at a start; then it is rolled back and the start fails with HTL_CORE_MIGRATION_TIMEOUT. A large database may need more. */
  migrationSeconds: z.coerce.number().min(1).max(86_400).default(600),
  /** How long a drain waits for live calls, in seconds. */
  drainSeconds: z.coerce.number().min(0).max(86_400).default(30),
});

export type CoreOptions = z.input<typeof coreOptionsSchema>;

export interface ParsedCoreOptions {
  readonly settings: Omit<HotlineSettings, "nodeId">;
  readonly databaseUrl: string | undefined;
  readonly secretFile: string | undefined;
  readonly blobFolder: string | undefined;
  readonly log: (typeof logLevels)[number];
  readonly drainMs: number;
  readonly migrationMs: number;
}

/** The variables core itself reads, and the option each sets. */
export const CORE_OPTION_VARIABLES: readonly (readonly [variable: string, option: keyof CoreOptions])[] = [
  ["HOTLINE_HOST", "host"],
  ["HOTLINE_DATA_DIR", "dataDir"],
  ["HOTLINE_DATABASE_URL", "databaseUrl"],
  ["HOTLINE_TIMEZONE", "timezone"],
  ["HOTLINE_PUBLIC_URL", "publicUrl"],
  ["HOTLINE_ADVERTISED_ADDRESS", "advertisedAddress"],
  ["HOTLINE_SECRET_FILE", "secretFile"],
  ["HOTLINE_BLOB_FOLDER", "blobFolder"],
  ["HOTLINE_LOG", "log"],
  ["HOTLINE_DRAIN_SECONDS", "drainSeconds"],
  ["HOTLINE_MIGRATION_SECONDS", "migrationSeconds"],
];

/**
 * Core's own options: those given in code, the environment over them.
 *
 * @throws HTL_CORE_CONFIG_INVALID, HTL_CORE_ENVIRONMENT_INVALID, HTL_CORE_TIMEZONE_INVALID
 */
export function parseCoreOptions(given: CoreOptions, environment: Readonly<Record<string, string | undefined>>): ParsedCoreOptions {
  const merged: Record<string, unknown> = { ...given };
  const sources = new Map<string, string>();
  for (const [variable, option] of CORE_OPTION_VARIABLES) {
    const text = environment[variable];
    if (text === undefined || text === "") continue;
    merged[option] = text;
    sources.set(option, variable);
  }
  const parsed = coreOptionsSchema.safeParse(merged);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const variable = sources.get(String(issue?.path[0]));
    if (variable !== undefined) throw coreErrors.ENVIRONMENT_INVALID(variable, issue?.message ?? "");
    throw coreErrors.CONFIG_INVALID(issueLines("", parsed.error).join("\n"));
  }
  const { name, host, dataDir, timezone, publicUrl, advertisedAddress, databaseUrl, secretFile, blobFolder, log, drainSeconds, migrationSeconds } = parsed.data;
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch (cause) {
    throw coreErrors.TIMEZONE_INVALID(timezone, { cause });
  }
  return {
    settings: { name, host, dataDir: resolve(dataDir), timezone, publicUrl: publicUrl?.replace(/\/+$/, ""), advertisedAddress, loopbackOnly: isLoopback(host) },
    databaseUrl,
    secretFile: secretFile === undefined ? undefined : resolve(secretFile),
    blobFolder: blobFolder === undefined ? undefined : resolve(blobFolder),
    log,
    drainMs: drainSeconds * 1_000,
    migrationMs: migrationSeconds * 1_000,
  };
}

/** 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** Round the clock, every day: what `default` is unless the hotline configures it (GB/T 33358: 7 x 24). */
export const roundTheClock: CalendarData = {
  key: "default",
  week: { 1: [["00:00", "24:00"]], 2: [["00:00", "24:00"]], 3: [["00:00", "24:00"]], 4: [["00:00", "24:00"]], 5: [["00:00", "24:00"]], 6: [["00:00", "24:00"]], 7: [["00:00", "24:00"]] },
};
