import { z } from "zod";
import { errors } from "../errors.js";

/** Of the file's layout. Another layout is another number. */
export const FORMAT = 1;

/*
 * A backup is a tar file:
 *
 *   database/hotline.db            SQLite: the whole file as of one moment
 *   database/tables.json           PostgreSQL: tables with their columns, and sequences
 *   database/<table>.copy          PostgreSQL: rows as COPY writes them, one snapshot for all
 *   blobs/<id>                     contents; what each is stands in blobs.jsonl
 *   files/<path>                   other files of the data folder (captures under way)
 *   secret.key                     only when asked for
 *   blobs.jsonl                    one blob a line
 *   manifest.json                  last: without it the file is not whole
 */
export const paths = { manifest: "manifest.json", blobs: "blobs.jsonl", blobPrefix: "blobs/", filePrefix: "files/", key: "secret.key", sqlite: "database/hotline.db", tables: "database/tables.json", table: (name: string) => `database/${name}.copy` } as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const part = z.object({ path: z.string().min(1), size: z.int().min(0), sha256 });

export const manifestSchema = z.object({
  format: z.literal(FORMAT),
  /** Name of the hotline. */
  hotline: z.string(),
  createdAt: z.iso.datetime(),
  database: z.enum(["sqlite", "postgres"]),
  /** `<plugin>/<id>` of all migrations in the database. */
  migrations: z.array(z.string()),
  /** What it was made with: `core` and every plugin. */
  versions: z.record(z.string(), z.string()),
  /** Id of the key the database's secrets are sealed with; null when it has none. */
  keyId: z.string().nullable(),
  blobs: z.int().min(0),
  /** Everything but the blobs, which have their sums in blobs.jsonl. */
  parts: z.array(part),
});

export type BackupManifest = z.output<typeof manifestSchema>;
export type BackupPart = z.output<typeof part>;

export const blobLine = z.object({ id: z.string().min(1), owner: z.string(), contentType: z.string(), createdAt: z.number(), claimedAt: z.number().nullable(), size: z.int().min(0), sha256 });
export type BlobLine = z.output<typeof blobLine>;

export const tableSchema = z.object({
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()).min(1) })),
  sequences: z.array(z.object({ name: z.string(), value: z.string(), called: z.boolean() })),
});
export type Tables = z.output<typeof tableSchema>;

/** @throws HTL_CLI_BACKUP_DAMAGED, HTL_CLI_BACKUP_FORMAT */
export function parseManifest(file: string, text: string): BackupManifest {
  const json = parseJson(file, "its manifest", text);
  const format: unknown = (json as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format !== FORMAT) throw errors.BACKUP_FORMAT(file, format);
  return checked(file, "its manifest", manifestSchema, json);
}

export function parseTables(file: string, text: string): Tables {
  return checked(file, paths.tables, tableSchema, parseJson(file, paths.tables, text));
}

export function parseBlobLine(file: string, text: string): BlobLine {
  return checked(file, paths.blobs, blobLine, parseJson(file, paths.blobs, text));
}

function parseJson(file: string, what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errors.BACKUP_DAMAGED(file, `${what} cannot be read`, { cause });
  }
}

function checked<T>(file: string, what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw errors.BACKUP_DAMAGED(file, `${what} does not make sense`, { cause: parsed.error });
  return parsed.data;
}
