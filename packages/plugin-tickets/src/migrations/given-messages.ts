import { Migration } from "@mikro-orm/migrations";

/** 工号 of who gave a queued message on; for SQLite and PostgreSQL. */
export class TicketsGivenMessages extends Migration {
  static readonly id = "0005-given-messages";

  override up(): void {
    const builder = this.getKnex().schema.alterTable("tickets_queued_message", (table) => void table.text("given_by").nullable());
    for (const { sql } of builder.toSQL()) this.addSql(sql);
  }
}
