import { openFilesLimit } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";

/** Connections where the system sets no lower bound. */
const USUAL = 2_000;
/** The part of the descriptors that connections may have: a call has two, its recording one, and the database, the log and the web theirs. */
const PART = 1 / 4;
/** Beyond this part what is configured takes from calls. */
const RISKY_PART = 1 / 2;
const FEWEST = 16;

/** Connections at once; warns where what is configured is risky. */
export function connectionsAtMost(configured: number | undefined, log: Pick<Logger, "warn">, openFiles = openFilesLimit()): number {
  const { most, risky } = connectionLimit(configured, openFiles);
  if (risky) log.warn({ maxConnections: most, openFiles }, "maxConnections of sip is more than half of the files this process may have open: connections may take the descriptors of calls and recordings; raise LimitNOFILE (ulimit -n)");
  return most;
}

/**
 * Connections over TCP, TLS and WebSocket at once.
 *
 * @param risky more than the process should have, by what it may open.
 */
export function connectionLimit(configured: number | undefined, openFiles: number | undefined): { readonly most: number; readonly risky: boolean } {
  const files = openFiles ?? Infinity;
  if (configured !== undefined) return { most: configured, risky: configured > files * RISKY_PART };
  return { most: Math.min(USUAL, Math.max(FEWEST, Math.floor(files * PART))), risky: false };
}
