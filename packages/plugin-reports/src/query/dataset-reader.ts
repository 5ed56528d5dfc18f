import type { BusinessCalendar, ReadPool, SqlDialect } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { TallyEntry } from "../domain/tally.js";
import { errors } from "../errors.js";
import { compileQuestion } from "./dataset-query.js";
import type { CompiledQuestion, DatasetQuestion } from "./dataset-query.js";
import type { Turnstile } from "./turnstile.js";

type Row = Record<string, unknown>;

export interface DatasetReaderParts {
  readonly reads: ReadPool;
  readonly now: () => number;
  readonly calendar: () => BusinessCalendar;
  readonly turnstile: Turnstile;
  readonly rowLimit: number;
  readonly timeoutMs: number;
}

/** Asks datasets, on the connections that can only read, within limits of rows and time. */
export class DatasetReader {
  constructor(private readonly parts: DatasetReaderParts) {}

  /** @throws HTL_REPORTS_TOO_LARGE, HTL_REPORTS_TOO_SLOW, HTL_REPORTS_BAD_DEFINITION */
  async ask(question: DatasetQuestion): Promise<readonly TallyEntry[]> {
    const { calendar, rowLimit } = this.parts;
    let compiled: CompiledQuestion | undefined;
    const rows = await this.#read((dialect) => (compiled = compileQuestion(question, dialect, { now: this.parts.now(), calendar: calendar() })), rowLimit + 1);
    if (rows.length > rowLimit) throw errors.TOO_LARGE(rowLimit);
    const asked = compiled as CompiledQuestion | undefined;
    return rows.map((row) => ({
      date: asked?.dateType === "datetime" ? calendar().dateOf(Number(row.d)) : String(row.d),
      member: question.member === undefined ? "" : memberText(row.m, asked?.memberType === "boolean"),
      sums: new Map(question.parts.map(({ index }, place) => [index, Number(row[`s${place}`] ?? 0)])),
    }));
  }

  /** The values of a field, the most frequent first; without those that are empty. */
  async values(question: Omit<DatasetQuestion, "parts" | "member"> & { readonly member: string }, most: number): Promise<readonly { readonly value: string; readonly count: number }[]> {
    let type: CompiledQuestion["memberType"];
    const rows = await this.#read(
      (dialect) => {
        const compiled = compileQuestion({ ...question, parts: [] }, dialect, { now: this.parts.now(), calendar: this.parts.calendar() });
        type = compiled.memberType;
        return { ...compiled, groups: compiled.groups.slice(1), selects: [{ sql: "count(*)", params: [] }] };
      },
      most,
      ["m"],
    );
    return rows.flatMap((row) => {
      const value = memberText(row.m, type === "boolean");
      return value === null ? [] : [{ value, count: Number(row.s0) }];
    });
  }

  #read(compile: (dialect: SqlDialect) => CompiledQuestion, limit: number, names: readonly string[] = ["d", "m"]): Promise<Row[]> {
    const { reads, turnstile, timeoutMs } = this.parts;
    return turnstile.pass(() =>
      reads.read(async (em) => {
        const knex = em.getKnex();
        const sqlite = String((knex.client as { dialect?: unknown }).dialect).includes("sqlite");
        const { source, groups, selects, where } = compile(sqlite ? "sqlite" : "postgres");
        const query = knex(source)
          .select(groups.map((group, index) => knex.raw(`?? as "${names[index] ?? ""}"`, [group])))
          .select(selects.map(({ sql, params }, index) => knex.raw(`${sql} as "s${index}"`, [...params])))
          .whereRaw(where.sql, [...where.params])
          .groupBy([...groups])
          .limit(limit);
        if (names.length === 1) query.orderByRaw(`"s0" desc`);
        try {
          // PostgreSQL ends the statement at once; SQLite finishes it in its own thread, and nobody waits for it.
          return (await query.timeout(timeoutMs, { cancel: !sqlite })) as Row[];
        } catch (error) {
          if (!isHotlineError(error) && error instanceof Error && error.name === "KnexTimeoutError") throw errors.TOO_SLOW(timeoutMs / 1000, { cause: error });
          throw error;
        }
      }),
    );
  }
}

/** SQLite has numbers for booleans. Empty text is no value, like null. */
function memberText(value: unknown, boolean: boolean): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (boolean) return String(value === true || value === 1);
  return String(value);
}
