import { Migration } from "@mikro-orm/migrations";

/** 工号 of who registered a ticket, for SQLite and PostgreSQL. */
export class TicketsAgent extends Migration {
  static readonly id = "0002-agent";

  override up(): void {
    const knex = this.getKnex();
    const statements = [knex.schema.alterTable("tickets_ticket", (table) => void table.text("agent").nullable()), knex.schema.alterTable("tickets_ticket", (table) => void table.index(["agent", "business_date"]))];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
