import { Migration } from "@mikro-orm/migrations";

/** Rules of queues changed while the hotline runs, for SQLite and PostgreSQL. */
export class AcdQueueRules extends Migration {
  static readonly id = "0010-queue-rules";

  override up(): void {
    const builder = this.getKnex().schema.createTable("acd_queue_rules", (table) => {
      table.text("queue").notNullable().primary();
      table.jsonb("changes").notNullable();
      table.integer("edition").notNullable();
      table.bigInteger("updated_at").notNullable();
    });
    for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
