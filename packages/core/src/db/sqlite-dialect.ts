import { SqliteKnexDialect } from "@mikro-orm/knex";
import { dropPrepared, isRepeated, runPrepared, type KnexQuery, type SqliteConnection } from "./prepared-statements.js";

interface BeginsTransactions {
  begin: (connection: unknown) => Promise<unknown>;
  query(connection: unknown, sql: string): Promise<unknown>;
}

/** Private in MikroORM's types; it tells by the text whether rows come back. */
interface ChoosesCall {
  getCallMethod(query: KnexQuery): string;
}

/**
 * Takes the write lock at the beginning: a deferred transaction that has read and then writes fails
 * with SQLITE_BUSY in the middle when any other connection wrote; this one can only wait at its start.
 * And keeps what is asked again and again prepared.
 */
export class ImmediateSqliteDialect extends SqliteKnexDialect {
  transaction(...args: unknown[]): unknown {
    const transaction = (super.transaction as (...args: unknown[]) => BeginsTransactions).apply(this, args);
    transaction.begin = (connection) => transaction.query(connection, "begin immediate;");
    return transaction;
  }

  override _query(connection: SqliteConnection, query: KnexQuery): Promise<KnexQuery> {
    if (!isRepeated(query)) return (super._query as (connection: SqliteConnection, query: KnexQuery) => Promise<KnexQuery>).call(this, connection, query);
    return runPrepared(connection, query, (this as unknown as ChoosesCall).getCallMethod(query) === "run" ? "run" : "all");
  }

  async destroyRawConnection(connection: SqliteConnection): Promise<void> {
    dropPrepared(connection);
    await (super.destroyRawConnection as (connection: SqliteConnection) => Promise<void>).call(this, connection);
  }
}
