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
 * Pairs that compare equal on both databases: `p.text()`/`t.text`, `p.integer()`/`t.integer`,
 * `p.bigint("number")`/`t.bigInteger`, `p.boolean()`/`t.boolean`, `p.json()`/`t.jsonb`,
 * `p.blob()`/`t.binary`, `p.double()`/`t.specificType(name, "double precision")`. A default stands in
 * both places, numbers and booleans as `knex.raw("1")`. No `p.enum` (it wants a check constraint). Name
 * unique constraints in both: `uniques: [{ name, properties }]`/`t.unique([...], { indexName })`.
 * `assertNoSchemaDiff(dataLayer.database)` in the plugin's test shows what is left.
 *
 * What `addSql` is given is taken apart into single statements (SQLite silently runs only the first),
 * and `getKnex()` is the transaction, so `await this.getKnex()...` works too.
 */
export type MigrationClass = (new (...args: ConstructorParameters<typeof Migration>) => Migration) & {
  /** `0001-init`. */
  readonly id: string;
};
