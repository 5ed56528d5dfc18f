import type { ReadPool } from "@hotlinejs/core";
import { decodeCursor, encodeCursor } from "../domain/cursor.js";

export type Row = Record<string, unknown>;

type Manager = Parameters<Parameters<ReadPool["read"]>[0]>[0];
export type Query = ReturnType<ReturnType<Manager["getKnex"]>["select"]>;

export interface Slice {
  readonly limit: number;
  readonly cursor?: string;
}

export interface Listed {
  readonly table: string;
  readonly columns: readonly string[];
  /** Column with the time that rows are ordered by; of one moment by their ids. */
  readonly time: string;
}

/**
 * One page of a table, the newest rows first.
 *
 * @param narrow adds what is asked for
 * @throws HTL_HTTP_BAD_CURSOR
 */
export async function newestFirst(reads: ReadPool, { table, columns, time }: Listed, { limit, cursor: text }: Slice, narrow: (query: Query) => void): Promise<{ readonly items: Row[]; readonly next: string | null }> {
  const cursor = text === undefined ? undefined : decodeCursor(text);
  const rows = await reads.read((em) => {
    const query = em.getKnex()(table).select([...columns]);
    narrow(query);
    if (cursor !== undefined) {
      query.where((place) => {
        place.where(time, "<", cursor.at).orWhere((same) => {
          same.where(time, cursor.at).where("id", "<", cursor.id);
        });
      });
    }
    // One more than asked for tells whether there is a next page.
    query.orderBy([{ column: time, order: "desc" }, { column: "id", order: "desc" }]).limit(limit + 1);
    return em.execute<Row[]>(query);
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor({ at: Number(last[time]), id: String(last.id) }) : null };
}
