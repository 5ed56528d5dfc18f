import { Migration } from "@mikro-orm/migrations";

/** Handling department, due clock, urging, messages, files; for SQLite and PostgreSQL. */
export class TicketsWorkflow extends Migration {
  static readonly id = "0003-workflow";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.alterTable("tickets_ticket", (table) => {
        table.text("contact_email").nullable();
        table.text("handling_department").nullable();
        table.text("handler").nullable();
        table.integer("limit_days").nullable();
        table.bigInteger("clock_started_at").nullable();
        table.bigInteger("clock_rest_from").nullable();
        table.integer("clock_extended_days").nullable();
        table.bigInteger("clock_paused_at").nullable();
        table.bigInteger("clock_stopped_at").nullable();
        table.integer("clock_cycle").nullable();
        table.bigInteger("due_at").nullable();
        table.boolean("due_provisional").nullable();
        table.bigInteger("overdue_at").nullable();
        table.text("card").nullable();
      }),
      knex.schema.alterTable("tickets_ticket", (table) => void table.index(["handling_department", "created_at"])),
      knex.schema.alterTable("tickets_ticket", (table) => void table.index(["due_at"])),
      knex.schema.alterTable("tickets_attachment", (table) => {
        table.text("file_name").nullable();
        table.text("content_type").nullable();
        table.integer("size").nullable();
      }),
      knex.schema.createTable("tickets_pause", (table) => {
        table.text("id").notNullable().primary();
        table.text("ticket_id").notNullable();
        table.integer("cycle").notNullable();
        table.bigInteger("from_at").notNullable();
        table.bigInteger("to_at").nullable();
      }),
      knex.schema.alterTable("tickets_pause", (table) => void table.index(["ticket_id", "from_at"])),
      knex.schema.createTable("tickets_urge", (table) => {
        table.text("id").notNullable().primary();
        table.text("ticket_id").notNullable();
        table.integer("cycle").notNullable();
        table.text("level").notNullable();
        table.text("state").notNullable();
        table.bigInteger("planned_at").notNullable();
        table.integer("plan").notNullable();
        table.bigInteger("fired_at").nullable();
        table.text("actor").notNullable();
        table.text("text").nullable();
        table.bigInteger("created_at").notNullable();
      }),
      knex.schema.alterTable("tickets_urge", (table) => void table.unique(["ticket_id", "cycle", "level"])),
      knex.schema.createTable("tickets_message", (table) => {
        table.text("id").notNullable().primary();
        table.text("ticket_id").notNullable();
        table.text("channel").notNullable();
        table.text("external_id").notNullable();
        table.text("message_id").notNullable();
        table.jsonb("thread_ids").notNullable();
        table.text("subject").nullable();
        table.bigInteger("at").notNullable();
      }),
      knex.schema.alterTable("tickets_message", (table) => void table.unique(["channel", "external_id"])),
      knex.schema.alterTable("tickets_message", (table) => void table.index(["ticket_id", "at"])),
      knex.schema.alterTable("tickets_message", (table) => void table.index(["channel", "message_id"])),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
