import { Migration } from "@mikro-orm/migrations";

/** Trunks that people have disabled, for SQLite and PostgreSQL. */
export class SipTrunkSwitches extends Migration {
  static readonly id = "0004-trunk-switches";

  override up(): void {
    const table = this.getKnex().schema.createTable("sip_trunk_switch", (columns) => {
      columns.text("trunk").notNullable().primary();
      columns.text("actor").notNullable();
      columns.text("reason").notNullable();
      columns.bigInteger("since").notNullable();
    });
    for (const statement of table.toSQL()) this.addSql(statement.sql);
  }

  override down(): void {
    for (const statement of this.getKnex().schema.dropTable("sip_trunk_switch").toSQL()) this.addSql(statement.sql);
  }
}
