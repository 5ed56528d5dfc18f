import { Migration } from "@mikro-orm/migrations";

const COUNTS = "callbacks_campaign_person_counts_index";

/** Calls of campaigns that people answered and no agent was there, for SQLite and PostgreSQL. */
export class CallbacksAbandoned extends Migration {
  static readonly id = "0004-abandoned";

  override up(): void {
    const knex = this.getKnex();
    const person = "callbacks_campaign_person";
    const statements = [
      knex.schema.alterTable(person, (table) => void table.integer("abandoned").notNullable().defaultTo(knex.raw("0"))),
      knex.schema.alterTable(person, (table) => void table.dropIndex([], COUNTS)),
      knex.schema.alterTable(person, (table) => void table.index(["campaign_id", "status", "result", "attempts", "abandoned"], COUNTS)),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
