import type { HotlineStorage } from "@hotlinejs/core/storage";
import pg from "pg";

/** A connection of its own to the hotline's database. */
export async function connect(database: Extract<HotlineStorage["database"], { kind: "postgres" }>): Promise<pg.Client> {
  const { host, port, user, password, ssl } = database;
  const client = new pg.Client({ host, port, user, password, database: database.database, application_name: "hotline-cli", connectionTimeoutMillis: 5000, ssl: ssl === "disable" ? false : { rejectUnauthorized: ssl === "verify-full" } });
  // A connection lost between two statements is told by the next one.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
