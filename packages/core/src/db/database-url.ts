import { dataErrors } from "./data-errors.js";

/** Where PostgreSQL is, taken apart. */
export interface PostgresAddress {
  /** Host name, address, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** `disable` (default), `require` (encrypted, certificate not checked), `verify-full`. */
  readonly ssl: "disable" | "require" | "verify-full";
  /** Host, port and database, for messages: no credentials. */
  readonly shown: string;
}

/**
 * Takes `postgres://user:password@host:port/database?sslmode=...&host=/socket/folder` apart.
 * `HTL_CORE_DATABASE_URL` for anything else; the message never repeats the URL's password.
 */
export function parseDatabaseUrl(text: string): PostgresAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The cause would repeat the URL with its password.
    throw dataErrors.DATABASE_URL("it is not a URL");
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") throw dataErrors.DATABASE_URL(`${url.protocol.slice(0, -1)} is not supported`);
  for (const name of url.searchParams.keys()) {
    if (name !== "sslmode" && name !== "host") throw dataErrors.DATABASE_URL(`the parameter ${name} is not supported (only sslmode and host)`);
  }
  const database = decode(url.pathname.slice(1), "database");
  if (database === "") throw dataErrors.DATABASE_URL("the name of the database is missing");
  const host = url.searchParams.get("host") ?? decode(url.hostname.replace(/^\[(.*)\]$/, "$1"), "host");
  if (host === "") throw dataErrors.DATABASE_URL("the host is missing");
  const mode = url.searchParams.get("sslmode") ?? "disable";
  const ssl = mode === "disable" || mode === "require" || mode === "verify-full" ? mode : undefined;
  if (ssl === undefined) throw dataErrors.DATABASE_URL("sslmode must be disable, require or verify-full");
  const port = url.port === "" ? 5432 : Number(url.port);
  const user = decode(url.username, "user");
  return {
    host,
    port,
    user: user === "" ? "postgres" : user,
    password: url.password === "" ? undefined : decode(url.password, "password"),
    database,
    ssl,
    shown: `${host}:${port}/${database}`,
  };
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw dataErrors.DATABASE_URL(`the ${what} has a % that is no escape (write it as %25)`);
  }
}
