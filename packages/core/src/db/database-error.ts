import { OptimisticLockError } from "@mikro-orm/core";
import { HotlineError, errorText } from "../errors/define-errors.js";
import { dataErrors } from "./data-errors.js";

/** Where it happened, for messages. */
export interface ErrorPlace {
  readonly file?: string;
  readonly folder?: string;
  /** Host, port and database, without credentials. */
  readonly server?: string;
}

/** The `code` of a driver's or the file system's error, also when wrapped. */
export function driverCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string" && code !== "") return code;
    const previous = (at as { previous?: unknown }).previous;
    if (previous instanceof Error && previous !== at) {
      const inner = driverCode(previous);
      if (inner !== undefined) return inner;
    }
    const errors = (at as { errors?: unknown }).errors;
    if (Array.isArray(errors) && errors.length > 0) {
      const inner = driverCode(errors[0]);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

export function isFileMissing(error: unknown): boolean {
  return driverCode(error) === "ENOENT";
}

const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EPIPE", "ENOENT", "EACCES"]);

/** SQLSTATE of refused log-ins, missing databases, too many connections and a server that goes down. */
const REFUSED = /^(28...|3D000|53300|57P0[123]|08...)$/;

/**
 * The coded error for what a driver threw; what has no code of ours comes back as it was. Coded
 * errors pass unchanged.
 */
export function translateError(error: unknown, place: ErrorPlace = {}): unknown {
  if (error instanceof HotlineError) return error;
  if (error instanceof OptimisticLockError) return dataErrors.CONFLICT({ cause: error });
  const code = driverCode(error);
  const text = plainText(error, code);
  if (code === "40001" || code === "40P01") return dataErrors.CONFLICT({ cause: error });
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT" || code === "53100") return dataErrors.STORAGE_FULL({ cause: error });
  if (code === "SQLITE_BUSY" || code === "SQLITE_LOCKED") return dataErrors.DATABASE_BUSY(place.file ?? "SQLite", { cause: error });
  if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT") return dataErrors.DATABASE_CORRUPT(place.file ?? "The database", text, { cause: error });
  if (place.server !== undefined && code !== undefined && (NETWORK.has(code) || REFUSED.test(code))) return dataErrors.DATABASE_UNREACHABLE(place.server, text, { cause: error });
  if (place.server !== undefined && /timeout (expired|acquiring)|Connection terminated/i.test(errorText(error))) return dataErrors.DATABASE_UNREACHABLE(place.server, text, { cause: error });
  if (place.folder !== undefined && (code === "SQLITE_CANTOPEN" || code === "SQLITE_READONLY" || code === "SQLITE_IOERR" || code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "ENOTDIR" || code === "EEXIST" || code === "EISDIR" || code === "ENOENT" || code === "ELOOP" || code === "ENAMETOOLONG")) {
    return dataErrors.DATA_UNWRITABLE(place.folder, text, { cause: error });
  }
  return error;
}

/** The reason in short: drivers put the whole statement, with its values, into their messages. */
function plainText(error: unknown, code: string | undefined): string {
  const text = errorText(error).split("\n")[0] ?? "";
  const last = text.slice(text.lastIndexOf(" - ") + 1).replace(/^- /, "").trim();
  if (last !== "" && last !== "AggregateError") return last;
  return code ?? "unknown reason";
}
