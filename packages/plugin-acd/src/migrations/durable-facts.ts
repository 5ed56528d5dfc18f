import { Migration } from "@mikro-orm/migrations";

/** Facts that were booked, and the order of places of the same millisecond, for SQLite and PostgreSQL. */
export class AcdDurableFacts extends Migration {
  static readonly id = "0007-durable-facts";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("acd_fact_mark", (table) => {
        table.text("id").notNullable().primary();
        table.bigInteger("at").notNullable();
      }),
      knex.schema.alterTable("acd_fact_mark", (table) => void table.index(["at"], "acd_fact_mark_at_index")),
      knex.schema.alterTable("acd_queue_entry", (table) => void table.bigInteger("place_seq").notNullable().defaultTo(knex.raw("0"))),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
