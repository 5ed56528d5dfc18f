import type { Migration } from "@mikro-orm/migrations";

/**
 * One class for SQLite and PostgreSQL. Its name in the database is `<plugin>/<static id>`; it runs
 * in a transaction of its own.
 *
 * ```ts
 * export class Init extends Migration {
 *   static readonly id = "0001-init";
 *   override up(): void {
 *     const knex = this.getKnex();
 *     this.addSql(knex.schema.createTable("acd_agent", (t) => {
 *       t.text("id").notNullable().primary();                  // SQLite primary keys are nullable unless told
 *       t.bigInteger("changed_at").notNullable();               // epoch ms; entity: p.bigint("number")
 *       t.jsonb("skills").notNullable();                        // entity: p.json<T>()
 *       t.integer("version").notNullable().defaultTo(knex.raw("1")); // entity: p.integer().version()
 *       t.index(["changed_at"], "acd_agent_changed_at_index");  // entity: indexes: [{ name, properties }]
 *     }).toQuery());
 *   }
 * }
 * ```
 * Text, integer, bigint, jsonb and `p.boolean()` with `t.boolean` on PostgreSQL but `t.integer` on
 * SQLite compare equal in the schema check; use `text`, not `string`. What `addSql` is given is taken
 * apart into single statements (SQLite silently runs only the first of several), and `getKnex()` is
 * the transaction, so `await this.getKnex()...` works too.
 */
export type MigrationClass = (new (...args: ConstructorParameters<typeof Migration>) => Migration) & {
  /** `0001-init`. */
  readonly id: string;
};
