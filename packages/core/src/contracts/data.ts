import type { Readable } from "node:stream";
import type { SqlEntityManager } from "@mikro-orm/knex";
import { token } from "../di/token.js";
import type { EventMap, EventName } from "../events/event-map.js";

/** What code inside a unit of work may do. All of it commits or rolls back as one. */
export interface Uow {
  /** The transaction's entity manager. Do not keep it beyond the unit of work, do not fork it. */
  readonly em: SqlEntityManager;
  /** Published after commit, dropped on rollback. Durable events go to the outbox in this transaction. */
  publish<N extends EventName>(name: N, payload: EventMap[N], options?: { aggregate?: string }): void;
  /** Audit row in this transaction, sealed later. */
  audit(entry: AuditEntry): void;
  /** A durable job that exists exactly when this transaction commits. */
  enqueue(job: JobRequest): void;
  /** Runs after commit, outside the transaction. A throw is logged, never changes the result. */
  onCommit(fn: () => void | Promise<void>): void;
  /** Runs `fn` once per key for the life of the database: configuration that seeds data. Returns whether it ran. */
  seedOnce(key: string, fn: (uow: Uow) => Promise<void>): Promise<boolean>;
}

/** The only way to the database for writes. Calls inside an open unit of work join it (AsyncLocalStorage). */
export interface UnitOfWork {
  /** Runs in a transaction. No I/O besides the database inside: SQLite has one writer. Optimistic-lock conflicts: `HTL_CORE_CONFLICT`; full disk: `HTL_CORE_STORAGE_FULL`. */
  run<T>(fn: (uow: Uow) => Promise<T>): Promise<T>;
  /** The open one, if any. */
  readonly current: Uow | undefined;
}

/** Plain reads on read-only connections: never waits for writers. Inside a unit of work it reads the same, i.e. not yet what the open unit wrote. */
export interface ReadPool {
  read<T>(fn: (em: SqlEntityManager) => Promise<T>): Promise<T>;
}

/** A line of the audit: who did what to what. */
export interface AuditEntry {
  /** User id, `system`, `plugin:<name>` or `citizen`. */
  readonly actor: string;
  /** `<plugin>.<verb>`, for example `ticket.created`, `auth.failed`. */
  readonly action: string;
  readonly subject?: { readonly type: string; readonly id: string };
  /** No secrets, no full numbers. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly outcome?: "done" | "vetoed" | "refused" | "failed";
}

/** Who did what, for good: rows are numbered and chained by hashes. Written through `uow.audit(...)`. */
export interface Audit {
  /** Outside a unit of work: its own transaction. */
  record(entry: AuditEntry): Promise<void>;
  /** Checks the hash chain; the first broken row, if any. */
  verify(): Promise<{ ok: true; rows: number } | { ok: false; brokenAt: number }>;
}

/** A job to be done once committed. */
export interface JobRequest {
  /** `<plugin>.<verb>` as defined with `jobs.define`. */
  readonly name: string;
  readonly payload?: unknown;
  /** A second job of one name and key is not made while the first exists (also when done, until swept). */
  readonly key?: string;
  /** Epoch ms; default now. */
  readonly runAt?: number;
}

/** What a running job is told besides its payload. */
export interface JobContext {
  readonly id: string;
  /** 1 on the first try. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** How jobs of one name are done. */
export interface JobDefinition<T = unknown> {
  /** At least once: must be safe to run twice. Throwing means retry. */
  handler(payload: T, context: JobContext): Promise<void>;
  /** Default 8. After the last the job is `failed` and `job.failed` is published. */
  readonly maxAttempts?: number;
  /** Wait before try n+1. Default exponential from 1 s to 10 min. */
  backoffMs?(attempt: number): number;
  /** At most so many at once in this process. Default 4. */
  readonly concurrency?: number;
  /** A run longer than this is aborted and retried. Default 60 000 ms. */
  readonly timeoutMs?: number;
}

/** Durable jobs and timers: at least once, woken by commit and by the clock, never by polling. */
export interface Jobs {
  define<T>(name: string, definition: JobDefinition<T>): void;
  /** Joins the open unit of work, or makes its own. */
  enqueue(job: JobRequest): Promise<void>;
  /** Takes back a job that has not started. */
  cancel(name: string, key: string): Promise<boolean>;
  /** Counts by state, for health. */
  stats(): Promise<{ waiting: number; running: number; failed: number }>;
}

export interface BlobInfo {
  readonly id: string;
  readonly size: number;
  readonly sha256: string;
  readonly contentType: string;
}

/** Large content: recordings, fax pages, attachments. Apart from the main database, so that it never blocks calls. */
export interface Blobs {
  put(content: Readable | Uint8Array, options: { contentType: string; owner: string }): Promise<BlobInfo>;
  info(id: string): Promise<BlobInfo | undefined>;
  /** `end` inclusive. Unknown: `HTL_CORE_BLOB_MISSING`. */
  open(id: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Marks as referenced by a committed row; blobs never claimed are swept after a day. */
  claim(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

/** AES-256-GCM with key id, and an HMAC blind index for look-ups of what is encrypted. */
export interface Secrets {
  seal(plain: string): string;
  /** `HTL_CORE_SECRET_UNREADABLE` when the key is gone or the text was changed. */
  open(sealed: string): string;
  blindIndex(value: string): string;
}

export const UNIT_OF_WORK = token<UnitOfWork>("core.unit-of-work");
export const READ_POOL = token<ReadPool>("core.read-pool");
export const AUDIT = token<Audit>("core.audit");
export const JOBS = token<Jobs>("core.jobs");
export const BLOBS = token<Blobs>("core.blobs");
export const SECRETS = token<Secrets>("core.secrets");
