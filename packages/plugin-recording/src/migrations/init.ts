import { Migration } from "@mikro-orm/migrations";

/** Tables of the recorder, for SQLite and PostgreSQL. */
export class RecordingInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("recording_recording", (table) => {
        table.text("id").notNullable().primary();
        table.text("interaction_id").notNullable();
        table.text("leg_id").notNullable();
        table.text("kind").notNullable();
        table.text("state").notNullable();
        table.bigInteger("started_at").notNullable();
        table.bigInteger("duration_ms").nullable();
        table.bigInteger("samples").nullable();
        table.bigInteger("voiced_ms").nullable();
        table.integer("peak_level").nullable();
        table.boolean("truncated").notNullable();
        table.boolean("confidential").notNullable();
        table.text("capture_file").nullable();
        table.text("opus_blob_id").nullable();
        table.bigInteger("opus_bytes").nullable();
        table.text("opus_sha256").nullable();
        table.text("wav_sha256").nullable();
        table.jsonb("excluded").notNullable();
        table.text("node_id").notNullable();
        table.bigInteger("retention_until").nullable();
        table.text("error").nullable();
      }),
      knex.schema.alterTable("recording_recording", (table) => table.index(["interaction_id"])),
      knex.schema.alterTable("recording_recording", (table) => table.index(["started_at", "id"])),
      knex.schema.alterTable("recording_recording", (table) => table.index(["state"])),
      knex.schema.alterTable("recording_recording", (table) => table.index(["retention_until"])),
      knex.schema.createTable("recording_link", (table) => {
        table.text("recording_id").notNullable();
        table.text("ticket_id").notNullable();
        table.bigInteger("linked_at").notNullable();
        table.primary(["recording_id", "ticket_id"]);
      }),
      knex.schema.alterTable("recording_link", (table) => table.index(["ticket_id"])),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
