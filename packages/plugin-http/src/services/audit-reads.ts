import type { Page, ReadPool } from "@hotlinejs/core";
import { newestFirst, type Query, type Row } from "./newest-first.js";

export interface AuditFilter {
  /** Epoch ms; `from` inclusive, `to` exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** User id, `system`, `plugin:<name>` or `citizen`; with a colon at its end all that begin so: `plugin:`. */
  readonly actor?: string;
  /** An action; with a dot at its end all that begin so: `sip.` is all of plugin-sip. */
  readonly action?: string;
  readonly subjectType?: string;
  readonly subjectId?: string;
  readonly outcome?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export interface AuditView {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: { readonly type: string; readonly id: string } | null;
  readonly details: unknown;
  readonly outcome: string;
  /** Place in the chain of seals and this row's own seal; `null` within the first second, while it is not sealed yet. */
  readonly seal: { readonly number: number; readonly hash: string } | null;
}

const COLUMNS = ["id", "at", "actor", "action", "subject_type", "subject_id", "details", "outcome", "number", "hash"];

/** Reads the audit, newest first. Whether the chain of seals holds is the audit's own to say. */
export class AuditReads {
  constructor(private readonly reads: ReadPool) {}

  /** @throws HTL_HTTP_BAD_CURSOR */
  async list(filter: AuditFilter): Promise<Page<AuditView>> {
    const { items, next } = await newestFirst(this.reads, { table: "core_audit", columns: COLUMNS, time: "at" }, filter, (query) => {
      if (filter.from !== undefined) query.where("at", ">=", filter.from);
      if (filter.to !== undefined) query.where("at", "<", filter.to);
      if (filter.actor !== undefined) is(query, "actor", filter.actor, ":");
      if (filter.action !== undefined) is(query, "action", filter.action, ".");
      if (filter.subjectType !== undefined) query.where("subject_type", filter.subjectType);
      if (filter.subjectId !== undefined) query.where("subject_id", filter.subjectId);
      if (filter.outcome !== undefined) query.where("outcome", filter.outcome);
    });
    return { items: items.map(view), next };
  }

  /** The row that has this place in the chain of seals. */
  async sealed(number: number): Promise<AuditView | undefined> {
    const [row] = await this.reads.read((em) => em.execute<Row[]>(em.getKnex()("core_audit").select(COLUMNS).where("number", number)));
    return row === undefined ? undefined : view(row);
  }

  /** Rows written within the last second or so, which have no seal yet. */
  async unsealed(): Promise<number> {
    const rows = await this.reads.read((em) => em.execute<{ n: number | string }[]>("select count(*) as n from core_audit where number is null"));
    return Number(rows[0]?.n ?? 0);
  }
}

/** Whole, or what begins so where it ends with the mark between its parts. Not LIKE, for which SQLite and PostgreSQL have rules of their own (case, escapes). */
function is(query: Query, column: "actor" | "action", value: string, mark: string): void {
  if (value.endsWith(mark)) query.whereRaw("substr(??, 1, ?) = ?", [column, value.length, value]);
  else query.where(column, value);
}

function view(row: Row): AuditView {
  return {
    id: String(row.id),
    at: Number(row.at),
    actor: String(row.actor),
    action: String(row.action),
    subject: row.subject_type === null ? null : { type: String(row.subject_type), id: String(row.subject_id) },
    details: typeof row.details === "string" ? (JSON.parse(row.details) as unknown) : (row.details ?? null),
    outcome: String(row.outcome),
    seal: row.number === null ? null : { number: Number(row.number), hash: String(row.hash) },
  };
}
