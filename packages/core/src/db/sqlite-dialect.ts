import { SqliteKnexDialect } from "@mikro-orm/knex";

interface BeginsTransactions {
  begin: (connection: unknown) => Promise<unknown>;
  query(connection: unknown, sql: string): Promise<unknown>;
}

/** What knex hands down: a statement, its values, and room for what comes back. */
interface KnexQuery {
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
interface Connection {
  prepare(sql: string, done: (error: Error | null) => void): Statement;
}

/** Private in MikroORM's types; it tells by the text whether rows come back. */
interface ChoosesCall {
  getCallMethod(query: KnexQuery): string;
}

/** Statements kept for a connection: more than a busy hotline repeats. */
const MOST_KEPT = 200;
/** Longer ones are lists whose length seldom comes again. */
const LONGEST_KEPT = 4_000;

/**
 * Takes the write lock at the beginning: a deferred transaction that has read and then writes fails
 * with SQLITE_BUSY in the middle when any other connection wrote; this one can only wait at its start.
 * And keeps what is asked again and again prepared, which halves the trips to SQLite's thread.
 */
export class ImmediateSqliteDialect extends SqliteKnexDialect {
  transaction(...args: unknown[]): unknown {
    const transaction = (super.transaction as (...args: unknown[]) => BeginsTransactions).apply(this, args);
    transaction.begin = (connection) => transaction.query(connection, "begin immediate;");
    return transaction;
  }

  override _query(connection: Connection, query: KnexQuery): Promise<KnexQuery> {
    if (!isRepeated(query)) return (super._query as (connection: Connection, query: KnexQuery) => Promise<KnexQuery>).call(this, connection, query);
    const method = (this as unknown as ChoosesCall).getCallMethod(query) === "run" ? "run" : "all";
    return new Promise((resolve, reject) => {
      const statement = statementOf(connection, query.sql, (error) => {
        drop(connection, query.sql);
        reject(error);
      });
      const forget = (): void => drop(connection, query.sql);
      statement[method](query.bindings ?? [], function (error, rows) {
        if (error) {
          forget();
          return reject(error);
        }
        query.response = rows;
        // A copy: the statement may run again before knex has looked.
        query.context = { lastID: this.lastID, changes: this.changes };
        resolve(query);
      });
    });
  }

  /** A connection with prepared statements cannot be closed. */
  async destroyRawConnection(connection: Connection): Promise<void> {
    for (const sql of [...(kept.get(connection)?.keys() ?? [])]) drop(connection, sql);
    await (super.destroyRawConnection as (connection: Connection) => Promise<void>).call(this, connection);
  }
}

/** Apart from the dialect: knex makes one for each transaction, without its constructor. */
const kept = new WeakMap<Connection, Map<string, Statement>>();

/** The one used last stands last. */
function statementOf(connection: Connection, sql: string, failed: (error: Error) => void): Statement {
  const own = kept.get(connection) ?? new Map<string, Statement>();
  kept.set(connection, own);
  const statement = own.get(sql) ?? connection.prepare(sql, (error) => error && failed(error));
  own.delete(sql);
  own.set(sql, statement);
  const [oldest] = own.keys();
  if (own.size > MOST_KEPT && oldest !== undefined) drop(connection, oldest);
  return statement;
}

function drop(connection: Connection, sql: string): void {
  kept.get(connection)?.get(sql)?.finalize();
  kept.get(connection)?.delete(sql);
}

/** Values apart from the text, or a frame of a transaction. */
function isRepeated({ sql, bindings }: KnexQuery): boolean {
  return (bindings !== undefined && bindings.length > 0 && sql.length <= LONGEST_KEPT && /^\s*(select|insert|update|delete|with)\b/i.test(sql)) || /^(begin immediate|commit);?$/i.test(sql);
}
