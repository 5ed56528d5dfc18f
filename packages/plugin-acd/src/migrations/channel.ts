import { Migration } from "@mikro-orm/migrations";

/** Channel of what waited in a queue, for SQLite and PostgreSQL. */
export class AcdChannel extends Migration {
  static readonly id = "0002-channel";

  override up(): void {
    const knex = this.getKnex();
    for (const { sql } of knex.schema.alterTable("acd_queue_entry", (table) => void table.text("channel").notNullable().defaultTo("voice")).toSQL()) this.addSql(sql);
    this.addSql("update acd_queue_entry set channel = coalesce((select channel from core_interaction where core_interaction.id = acd_queue_entry.interaction_id), 'voice')");
  }
}
