import { Migration } from "@mikro-orm/migrations";

/** Bans and counts of calls, for SQLite and PostgreSQL. */
export class SipEdge extends Migration {
  static readonly id = "0003-edge";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("sip_ban", (table) => {
        table.text("address").notNullable().primary();
        table.text("reason").notNullable();
        table.text("actor").notNullable();
        table.bigInteger("since").notNullable();
        table.bigInteger("until").notNullable();
      }),
      knex.schema.createTable("sip_daily_calls", (table) => {
        table.text("id").notNullable().primary();
        table.integer("calls").notNullable();
      }),
    ];
    for (const builder of statements) for (const statement of builder.toSQL()) this.addSql(statement.sql);
  }

  override down(): void {
    for (const name of ["sip_daily_calls", "sip_ban"]) for (const statement of this.getKnex().schema.dropTable(name).toSQL()) this.addSql(statement.sql);
  }
}
