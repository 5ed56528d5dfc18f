import { createHash } from "node:crypto";
import type { SqlEntityManager } from "@mikro-orm/knex";
import type { Audit, AuditEntry, ReadPool } from "../contracts/data.js";
import type { Activity, Clock, Ids, Timer } from "../contracts/time.js";
import type { PendingAudit, UnitContent, UnitWriter } from "../db/unit.js";
import type { DatabaseUnitOfWork } from "../db/unit-of-work.js";
import type { Logger } from "../log/logger.js";

export interface AuditLogOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly activity: Activity;
  readonly log: Logger;
  readonly readPool: ReadPool;
  readonly unitOfWork: () => DatabaseUnitOfWork;
}

interface Row {
  readonly id: string;
  readonly at: number | string;
  readonly actor: string;
  readonly action: string;
  readonly subject_type: string | null;
  readonly subject_id: string | null;
  readonly details: string | null;
  readonly outcome: string;
}

interface SealedRow extends Row {
  readonly number: number | string;
  readonly previous: string;
  readonly hash: string;
}

interface Head {
  readonly number: number;
  readonly hash: string;
}

/** Rows are sealed so long after they were written, together with what came in between. */
const SEAL_AFTER_MS = 500;
const BATCH = 500;
const FIRST: Head = { number: 0, hash: "0".repeat(64) };
const HEAD_KEY = "audit.head";

function hashOf(row: Row, number: number, previous: string): string {
  const content = [number, previous, row.id, Number(row.at), row.actor, row.action, row.subject_type, row.subject_id, row.details, row.outcome];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

/**
 * Audit rows are written unsealed within the business transaction; one sealer numbers them without
 * gaps and chains each to the one before by SHA-256 within a second. The head of the chain is kept
 * apart, so rows cut off at the end are noticed too.
 */
export class AuditLog implements Audit, UnitWriter {
  readonly #options: AuditLogOptions;
  #timer: Timer | undefined;
  #running = false;
  #sealing: Promise<void> | undefined;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  record(entry: AuditEntry): Promise<void> {
    return this.#options.unitOfWork().run((uow) => {
      uow.audit(entry);
      return Promise.resolve();
    });
  }

  verify(): Promise<{ ok: true; rows: number } | { ok: false; brokenAt: number }> {
    return this.#options.readPool.read(async (em) => {
      let last = FIRST;
      // Read first: rows sealed while this walks come on top, the head never runs ahead of them.
      const head = await readHead(em);
      for (;;) {
        const rows = await em.execute<SealedRow[]>(`select * from core_audit where number > ? order by number limit ${BATCH}`, [last.number]);
        for (const row of rows) {
          const number = last.number + 1;
          if (Number(row.number) !== number || row.previous !== last.hash || row.hash !== hashOf(row, number, last.hash)) return { ok: false, brokenAt: number };
          last = { number, hash: row.hash };
          if (number === head.number && row.hash !== head.hash) return { ok: false, brokenAt: number };
        }
        if (rows.length < BATCH) break;
      }
      return last.number < head.number ? { ok: false, brokenAt: last.number + 1 } : { ok: true, rows: last.number };
    });
  }

  prepare(entry: AuditEntry): PendingAudit {
    // Fails here rather than at the commit when it is no JSON.
    return { id: this.#options.ids.next(), at: this.#options.clock.now(), entry: { ...entry, details: entry.details === undefined ? undefined : (JSON.parse(JSON.stringify(entry.details)) as Record<string, unknown>) } };
  }

  async write(em: SqlEntityManager, content: UnitContent): Promise<void> {
    if (content.audits.length === 0) return;
    const values = content.audits.flatMap(({ id, at, entry }) => [
      id,
      at,
      entry.actor,
      entry.action,
      entry.subject?.type ?? null,
      entry.subject?.id ?? null,
      entry.details === undefined ? null : JSON.stringify(entry.details),
      entry.outcome ?? "done",
    ]);
    await em.execute(`insert into core_audit (id, at, actor, action, subject_type, subject_id, details, outcome) values ${content.audits.map(() => "(?, ?, ?, ?, ?, ?, ?, ?)").join(", ")}`, values, "run");
  }

  committed(content: UnitContent): void {
    if (content.audits.length > 0) this.#arm(SEAL_AFTER_MS);
  }

  start(): void {
    this.#running = true;
    this.#arm(0);
  }

  /** Seals what is left. */
  async drain(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    this.#timer?.cancel();
    await this.#sealing;
    await this.#seal();
  }

  #arm(ms: number): void {
    if (!this.#running || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#sealing = this.#options.activity.track(this.#seal());
    }, ms);
  }

  /** Never rejects. */
  async #seal(): Promise<void> {
    const unitOfWork = this.#options.unitOfWork();
    try {
      await unitOfWork.detached(async () => {
        while ((await unitOfWork.run((uow) => this.#sealBatch(uow.em))) === BATCH);
      });
    } catch (error) {
      this.#options.log.error({ err: error }, "sealing the audit trail failed; it will be tried again");
      this.#arm(10_000);
    }
  }

  async #sealBatch(em: SqlEntityManager): Promise<number> {
    const rows = await em.execute<Row[]>(`select id, at, actor, action, subject_type, subject_id, details, outcome from core_audit where number is null order by at, id limit ${BATCH}`);
    if (rows.length === 0) return 0;
    let head = await readHead(em);
    const seals: (string | number)[] = [];
    for (const row of rows) {
      const number = head.number + 1;
      const hash = hashOf(row, number, head.hash);
      seals.push(row.id, number, head.hash, hash);
      head = { number, hash };
    }
    // One statement for all: a walk to the database for each row would take a busy server seconds, in which the row of whoever writes next waits.
    const values = rows.map(() => "(?, ?, ?, ?)").join(", ");
    await em.execute(`with seal (id, number, previous, hash) as (values ${values}) update core_audit set number = cast(seal.number as bigint), previous = seal.previous, hash = seal.hash from seal where core_audit.id = seal.id`, seals, "run");
    await em.execute("insert into core_state (key, value) values (?, ?) on conflict (key) do update set value = excluded.value", [HEAD_KEY, JSON.stringify(head)], "run");
    return rows.length;
  }
}

async function readHead(em: SqlEntityManager): Promise<Head> {
  const rows = await em.execute<{ value: string }[]>("select value from core_state where key = ?", [HEAD_KEY]);
  return rows[0] === undefined ? FIRST : (JSON.parse(rows[0].value) as Head);
}
