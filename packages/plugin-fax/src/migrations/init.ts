import { Migration } from "@mikro-orm/migrations";

/** Tables of faxes, for SQLite and PostgreSQL. */
export class FaxInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("fax_fax", (table) => {
        table.text("id").notNullable().primary();
        table.text("direction").notNullable();
        table.text("state").notNullable();
        table.text("key").nullable();
        table.text("remote_number").notNullable();
        table.text("remote_id").nullable();
        table.text("local_number").notNullable();
        table.text("title").nullable();
        table.integer("pages").notNullable();
        table.integer("confirmed_pages").notNullable();
        table.text("interaction_id").nullable();
        table.text("ordered_in").nullable();
        table.text("ref").nullable();
        table.text("outcome").nullable();
        table.text("actor").notNullable();
        table.integer("attempts").notNullable();
        table.bigInteger("next_attempt_at").nullable();
        table.integer("bits_per_second").notNullable();
        table.integer("resent_frames").notNullable();
        table.text("pdf_blob_id").nullable();
        table.bigInteger("created_at").notNullable();
        table.bigInteger("ended_at").nullable();
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
      }),
      knex.schema.alterTable("fax_fax", (table) => void table.index(["created_at", "id"])),
      knex.schema.alterTable("fax_fax", (table) => void table.index(["state"])),
      knex.schema.alterTable("fax_fax", (table) => void table.index(["remote_number", "business_date"])),
      knex.schema.alterTable("fax_fax", (table) => void table.unique(["key"])),
      knex.schema.createTable("fax_page", (table) => {
        table.text("fax_id").notNullable();
        table.integer("number").notNullable();
        table.text("coding").notNullable();
        table.text("resolution").notNullable();
        table.text("line_blob_id").notNullable();
        table.text("mh_blob_id").nullable();
        table.text("png_blob_id").nullable();
        table.integer("height").notNullable();
        table.integer("bad_lines").notNullable();
        table.integer("bad_frames").notNullable();
        table.primary(["fax_id", "number"]);
      }),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
