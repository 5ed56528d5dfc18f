import { Migration } from "@mikro-orm/migrations";

/** Stretches that agents kept out of recordings, for SQLite and PostgreSQL. */
export class RecordingPauses extends Migration {
  static readonly id = "0003-pauses";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("recording_pause", (table) => {
        table.text("id").notNullable().primary();
        table.text("interaction_id").notNullable();
        table.text("agent").notNullable();
        table.text("actor").notNullable();
        table.text("reason").nullable();
        table.bigInteger("started_at").notNullable();
        table.bigInteger("limit_at").notNullable();
        table.bigInteger("ended_at").nullable();
        table.text("ended").nullable();
        table.text("node_id").notNullable();
      }),
      knex.schema.alterTable("recording_pause", (table) => table.index(["interaction_id"])),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
