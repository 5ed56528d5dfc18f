import { Migration } from "@mikro-orm/migrations";

/** Sessions, for SQLite and PostgreSQL. */
export class HttpInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("http_session", (table) => {
        table.text("id").notNullable().primary();
        table.text("token_hash").notNullable();
        table.text("user_id").notNullable();
        table.bigInteger("created_at").notNullable();
        table.bigInteger("last_seen_at").notNullable();
        table.bigInteger("expires_at").notNullable();
        table.text("remote_address").notNullable();
        table.text("user_agent").nullable();
        table.unique(["token_hash"]);
        table.index(["user_id"]);
        table.index(["expires_at"]);
      }),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
