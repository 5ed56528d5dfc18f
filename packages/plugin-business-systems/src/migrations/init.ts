import { Migration } from "@mikro-orm/migrations";

/** Tables of look-ups, for SQLite and PostgreSQL. */
export class BusinessInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("business_lookup_lock", (table) => {
        table.text("key").notNullable().primary();
        table.integer("failures").notNullable();
        table.bigInteger("last_at").notNullable();
        table.bigInteger("locked_until").notNullable();
      }),
      knex.schema.alterTable("business_lookup_lock", (table) => void table.index(["last_at"])),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
