import { SqlSchemaGenerator, type SqlEntityManager } from "@mikro-orm/knex";
import { dataErrors } from "./data-errors.js";
import type { Database } from "./orm.js";

/**
 * What would still have to be done to the migrated database to match the entities: empty when the
 * migrations are complete. Tables without an entity (full-text indexes, tables of plugins left out)
 * are none of its business.
 */
export async function schemaDiff(database: Database): Promise<string> {
  const generator = new SqlSchemaGenerator(database.orm.em as SqlEntityManager);
  const sql = await generator.getUpdateSchemaSQL({ wrap: false, dropTables: false });
  return sql.trim();
}

/** `HTL_CORE_SCHEMA_DIFF` with the missing statements when entities and migrations differ. For tests. */
export async function assertNoSchemaDiff(database: Database): Promise<void> {
  const sql = await schemaDiff(database);
  if (sql !== "") throw dataErrors.SCHEMA_DIFF(sql);
}
