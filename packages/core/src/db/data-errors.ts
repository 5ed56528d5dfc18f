import { defineErrors } from "../errors/define-errors.js";

/** Errors of the data layer. Messages say what to do and never carry the password of a URL. */
export const dataErrors = defineErrors("CORE", {
  DATABASE_URL: { message: "The database URL is not valid: %s. Leave it out for SQLite in the data folder, or give postgres://user:password@host:5432/database" },
  DATABASE_UNREACHABLE: { message: "The database at %s cannot be reached: %s. Check that it runs, the address, and the credentials", status: 503 },
  DATABASE_CORRUPT: { message: "%s is not a database or is damaged (%s). Put a backup in its place, or move it away to begin anew" },
  DATABASE_BUSY: { message: "The database is locked by another program (%s). Close tools that have it open and try again", status: 503 },
  DATA_UNWRITABLE: { message: "The data folder %s cannot be used: %s. Give a folder this user may write to (HOTLINE_DATA_DIR)" },
  DATA_IN_USE: { message: "The data in %s is in use by another hotline%s. Stop it first, or give this one its own (HOTLINE_DATA_DIR, HOTLINE_DATABASE_URL)" },
  STORAGE_FULL: { message: "The disk is full; nothing was changed. Free some space", status: 507 },
  CONFLICT: { message: "Somebody else changed the same data at the same time. Load it again and repeat", status: 409 },
  UNIT_CLOSED: { message: "This unit of work has ended. Do not keep it beyond the function it was given to" },
  UNIT_TIMEOUT: { message: "A unit of work took longer than %s ms and was rolled back. Do no waiting inside it but for the database", status: 503 },
  DATA_STATE: { message: "The data layer is %s; %s is not possible", status: 503 },
  MIGRATION_UNKNOWN: { message: "The database was migrated by a newer version of %s (%s is unknown here). Install that version, or restore the backup from before the upgrade" },
  MIGRATION_FAILED: { message: "Migration %s failed and was rolled back: %s" },
  RESTORE_INCOMPLETE: { message: "The data in %s are those of a restore that did not end. Run the restore again, with --force" },
  SCHEMA_DIFF: { message: "The migrated database differs from the entities:\n%s" },
  EVENT_NOT_DURABLE: { message: "Consumer %s consumes %s, which is not declared durable. Use events.handle, or declare it with { durable: true }" },
  CONSUMER_DUPLICATE: { message: "Consumer %s already consumes %s" },
  JOB_DUPLICATE: { message: "Job %s is defined twice" },
  JOB_UNKNOWN: { message: "Job %s is not defined. Call jobs.define in the plugin's register" },
  BLOB_MISSING: { message: "Blob %s does not exist", status: 404 },
  BLOB_RANGE: { message: "The range %s-%s is not within the blob's %s octets", status: 416 },
  SECRET_FILE: { message: "The key file %s cannot be used: %s" },
  SECRET_KEY_MISSING: { message: "The database was sealed with key %s, which %s does not hold. Put the key file that belongs to this database back; without it stored credentials are lost" },
  SECRET_UNREADABLE: { message: "A stored secret cannot be read: its key is gone or the text was changed" },
});
