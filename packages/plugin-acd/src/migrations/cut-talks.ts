import { Migration } from "@mikro-orm/migrations";

/** When a talk was cut off, for SQLite and PostgreSQL. */
export class AcdCutTalks extends Migration {
  static readonly id = "0005-cut-talks";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.alterTable("acd_queue_entry", (table) => void table.bigInteger("cut_at")),
      // Read at the start only.
      knex.schema.alterTable("acd_queue_entry", (table) => void table.index(["cut_at"], "acd_queue_entry_cut_at_index")),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
