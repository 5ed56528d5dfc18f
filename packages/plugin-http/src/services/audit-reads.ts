import type { Page, ReadPool } from "@hotlinejs/core";
import { decodeCursor, encodeCursor } from "../domain/cursor.js";

type Row = Record<string, unknown>;

export interface AuditFilter {
  /** Epoch ms; `from` inclusive, `to` exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** User id, `system`, `plugin:<name>` or `citizen`. */
  readonly actor?: string;
  /** Beginning of the action: `sip.` is all of plugin-sip. */
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
    const cursor = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
    const rows = await this.reads.read((em) => {
      const query = em.getKnex()("core_audit").select(COLUMNS);
      if (filter.from !== undefined) query.where("at", ">=", filter.from);
      if (filter.to !== undefined) query.where("at", "<", filter.to);
      if (filter.actor !== undefined) query.where("actor", filter.actor);
      // Not LIKE, for which SQLite and PostgreSQL have rules of their own (case, escapes).
      if (filter.action !== undefined) query.whereRaw("substr(action, 1, ?) = ?", [filter.action.length, filter.action]);
      if (filter.subjectType !== undefined) query.where("subject_type", filter.subjectType);
      if (filter.subjectId !== undefined) query.where("subject_id", filter.subjectId);
      if (filter.outcome !== undefined) query.where("outcome", filter.outcome);
      if (cursor) {
        query.where((place) => {
          place.where("at", "<", cursor.at).orWhere((same) => {
            same.where("at", cursor.at).where("id", "<", cursor.id);
          });
        });
      }
      // One more than asked for tells whether there is a next page.
      query.orderBy([{ column: "at", order: "desc" }, { column: "id", order: "desc" }]).limit(filter.limit + 1);
      return em.execute<Row[]>(query);
    });
    const items = rows.slice(0, filter.limit).map(view);
    const last = items.at(-1);
    return { items, next: rows.length > filter.limit && last ? encodeCursor({ at: last.at, id: last.id }) : null };
  }

  /** Rows written within the last second or so, which have no seal yet. */
  async unsealed(): Promise<number> {
    const rows = await this.reads.read((em) => em.execute<{ n: number | string }[]>("select count(*) as n from core_audit where number is null"));
    return Number(rows[0]?.n ?? 0);
  }
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
