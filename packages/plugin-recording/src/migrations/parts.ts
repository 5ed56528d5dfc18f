import { Migration } from "@mikro-orm/migrations";

/** Calls whose recording was cut and begun again, for SQLite and PostgreSQL. */
export class RecordingParts extends Migration {
  static readonly id = "0002-parts";

  override up(): void {
    const knex = this.getKnex();
    const change = knex.schema.alterTable("recording_recording", (table) => {
      table.text("part_of").nullable();
      table.index(["part_of"], "recording_recording_part_of_index");
    });
    for (const { sql } of change.toSQL()) this.addSql(sql);
  }
}
