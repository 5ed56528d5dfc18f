import { Migration } from "@mikro-orm/migrations";

/** Tables of tickets, for SQLite and PostgreSQL. */
export class TicketsInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("tickets_ticket", (table) => {
        table.text("id").notNullable().primary();
        table.text("serial").notNullable();
        table.text("kind").notNullable();
        table.text("category").nullable();
        table.text("status").notNullable();
        table.text("source").notNullable();
        table.text("summary").nullable();
        table.text("content").nullable();
        table.text("answer").nullable();
        table.text("reason").nullable();
        table.text("confidentiality").notNullable();
        table.boolean("anonymous").notNullable();
        table.text("contact_name").nullable();
        table.text("contact_number").nullable();
        table.text("contact_sealed").nullable();
        table.text("contact_index").nullable();
        table.text("department_code").nullable();
        table.text("staff_code").nullable();
        table.text("interaction_id").nullable();
        table.text("query_code_sealed").notNullable();
        table.text("idempotency_key").nullable();
        table.text("created_by").notNullable();
        table.bigInteger("created_at").notNullable();
        table.bigInteger("updated_at").notNullable();
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
        table.integer("version").notNullable();
      }),
      knex.schema.alterTable("tickets_ticket", (table) => void table.unique(["serial"])),
      knex.schema.alterTable("tickets_ticket", (table) => void table.unique(["idempotency_key"])),
      knex.schema.alterTable("tickets_ticket", (table) => void table.index(["created_at", "id"])),
      knex.schema.alterTable("tickets_ticket", (table) => void table.index(["status", "created_at"])),
      knex.schema.alterTable("tickets_ticket", (table) => void table.index(["contact_index", "created_at"])),
      knex.schema.alterTable("tickets_ticket", (table) => void table.index(["interaction_id"])),
      knex.schema.alterTable("tickets_ticket", (table) => void table.index(["business_date"])),
      knex.schema.createTable("tickets_event", (table) => {
        table.text("id").notNullable().primary();
        table.text("ticket_id").notNullable();
        table.bigInteger("at").notNullable();
        table.text("action").notNullable();
        table.text("from_status").nullable();
        table.text("to_status").notNullable();
        table.text("actor").notNullable();
        table.text("note").nullable();
        table.jsonb("data").notNullable();
        table.integer("version").notNullable();
      }),
      knex.schema.alterTable("tickets_event", (table) => void table.index(["ticket_id", "at"])),
      knex.schema.createTable("tickets_attachment", (table) => {
        table.text("ticket_id").notNullable();
        table.text("reference").notNullable();
        table.text("kind").notNullable();
        table.integer("position").notNullable();
        table.bigInteger("attached_at").notNullable();
        table.primary(["ticket_id", "reference"]);
      }),
      knex.schema.alterTable("tickets_attachment", (table) => void table.index(["reference"])),
      knex.schema.createTable("tickets_serial", (table) => {
        table.text("business_date").notNullable().primary();
        table.integer("last_order").notNullable();
      }),
      knex.schema.createTable("tickets_query_lock", (table) => {
        table.text("key").notNullable().primary();
        table.integer("failures").notNullable();
        table.bigInteger("last_at").notNullable();
        table.bigInteger("locked_until").notNullable();
      }),
      knex.schema.alterTable("tickets_query_lock", (table) => void table.index(["last_at"])),
      knex.schema.createTable("tickets_draft", (table) => {
        table.text("key").notNullable().primary();
        table.text("input_sealed").notNullable();
        table.bigInteger("deadline").notNullable();
      }),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
