import { Migration } from "@mikro-orm/migrations";

/** The inbox, for SQLite and PostgreSQL. */
export class ConsoleInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("console_inbox", (table) => {
        table.text("id").notNullable().primary();
        table.bigInteger("at").notNullable();
        table.text("audience").notNullable();
        table.text("template").notNullable();
        table.text("title").nullable();
        table.text("text").notNullable();
        table.text("subject_type").nullable();
        table.text("subject_id").nullable();
        table.index(["audience", "at", "id"]);
        table.index(["at"]);
      }),
      knex.schema.createTable("console_inbox_read", (table) => {
        table.text("user_id").notNullable();
        table.text("message_id").notNullable();
        table.bigInteger("at").notNullable();
        table.primary(["user_id", "message_id"]);
        table.index(["at"]);
      }),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
