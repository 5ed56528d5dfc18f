/** What knex hands down: a statement, its values, and room for what comes back. */
export interface KnexQuery {
  readonly sql: string;
  readonly method?: string;
  readonly bindings?: readonly unknown[];
  response?: unknown;
  context?: { readonly lastID: number; readonly changes: number };
}

type Done = (this: { lastID: number; changes: number }, error: Error | null, rows?: unknown) => void;

/** A prepared statement of node-sqlite3; runs of one wait for each other. */
interface Statement {
  run(values: readonly unknown[], done: Done): void;
  all(values: readonly unknown[], done: Done): void;
  finalize(done?: () => void): void;
}

/** A connection of node-sqlite3. */
export interface SqliteConnection {
  prepare(sql: string, done: (error: Error | null) => void): Statement;
}

/** Statements kept for a connection: more than a busy hotline repeats. */
const MOST_KEPT = 200;
/** Longer ones are lists whose length seldom comes again. */
const LONGEST_KEPT = 4_000;

/** By connection and text, the one used last standing last. Not held by the dialect: knex makes one for each transaction, without its constructor. */
const kept = new WeakMap<SqliteConnection, Map<string, Statement>>();

/** Whether it pays to keep it: values apart from the text, or a frame of a transaction. */
export function isRepeated({ sql, bindings }: KnexQuery): boolean {
  return (bindings !== undefined && bindings.length > 0 && sql.length <= LONGEST_KEPT && /^\s*(select|insert|update|delete|with)\b/i.test(sql)) || /^(begin immediate|commit);?$/i.test(sql);
}

/**
 * Runs a statement that is kept prepared for the next time; that halves the trips to SQLite's thread.
 *
 * @param method whether rows come back (`all`) or counts (`run`)
 */
export function runPrepared(connection: SqliteConnection, query: KnexQuery, method: "run" | "all"): Promise<KnexQuery> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      drop(connection, query.sql);
      reject(error);
    };
    statementOf(connection, query.sql, failed)[method](query.bindings ?? [], function (error, rows) {
      if (error) return failed(error);
      query.response = rows;
      // A copy: the statement may run again before knex has looked.
      query.context = { lastID: this.lastID, changes: this.changes };
      resolve(query);
    });
  });
}

/** A connection with prepared statements cannot be closed. */
export function dropPrepared(connection: SqliteConnection): void {
  for (const sql of [...(kept.get(connection)?.keys() ?? [])]) drop(connection, sql);
}

function statementOf(connection: SqliteConnection, sql: string, failed: (error: Error) => void): Statement {
  const own = kept.get(connection) ?? new Map<string, Statement>();
  kept.set(connection, own);
  const statement = own.get(sql) ?? connection.prepare(sql, (error) => error && failed(error));
  own.delete(sql);
  own.set(sql, statement);
  const [oldest] = own.keys();
  if (own.size > MOST_KEPT && oldest !== undefined) drop(connection, oldest);
  return statement;
}

function drop(connection: SqliteConnection, sql: string): void {
  kept.get(connection)?.get(sql)?.finalize();
  kept.get(connection)?.delete(sql);
}
