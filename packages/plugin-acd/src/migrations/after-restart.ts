import { Migration } from "@mikro-orm/migrations";

/** After-call work that is under way and changed priorities, kept over a restart, for SQLite and PostgreSQL. */
export class AcdAfterRestart extends Migration {
  static readonly id = "0009-after-restart";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("acd_wrap_up", (table) => {
        table.text("agent").notNullable().primary();
        table.text("interaction_id");
        table.text("queue");
        table.text("entry_id");
        table.text("channel");
        table.bigInteger("entered_at");
        table.text("code");
        table.bigInteger("since").notNullable();
        table.bigInteger("until").notNullable();
      }),
      knex.schema.alterTable("acd_queue_entry", (table) => void table.integer("raised_by").notNullable().defaultTo(knex.raw("0"))),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
