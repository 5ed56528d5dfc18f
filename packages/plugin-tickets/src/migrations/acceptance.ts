import { Migration } from "@mikro-orm/migrations";

/** By when what waits for a person is to be taken up, and when it was; for SQLite and PostgreSQL. */
export class TicketsAcceptance extends Migration {
  static readonly id = "0006-acceptance";

  override up(): void {
    const knex = this.getKnex();
    const builder = knex.schema.alterTable("tickets_ticket", (table) => {
      table.bigInteger("accept_by").nullable();
      table.bigInteger("accepted_at").nullable();
    });
    for (const { sql } of builder.toSQL()) this.addSql(sql);
  }
}
