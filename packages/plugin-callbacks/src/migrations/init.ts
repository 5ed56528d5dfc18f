import { Migration } from "@mikro-orm/migrations";

/** Tables of callbacks, for SQLite and PostgreSQL. */
export class CallbacksInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("callbacks_task", (table) => {
        table.text("id").notNullable().primary();
        table.text("number").notNullable();
        table.text("open_key").nullable();
        table.text("reason").notNullable();
        table.text("queue").nullable();
        table.text("status").notNullable();
        table.text("result").nullable();
        table.bigInteger("first_missed_at").notNullable();
        table.bigInteger("last_missed_at").notNullable();
        table.integer("missed").notNullable();
        table.bigInteger("due_at").notNullable();
        table.bigInteger("next_at").notNullable();
        table.integer("attempts").notNullable();
        table.bigInteger("last_attempt_at").nullable();
        table.bigInteger("reached_at").nullable();
        table.text("note").nullable();
        table.text("ticket_id").nullable();
        table.text("interaction_id").nullable();
        table.text("created_by").notNullable();
        table.bigInteger("created_at").notNullable();
        table.bigInteger("closed_at").nullable();
        table.text("closed_by").nullable();
        table.boolean("in_time").nullable();
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
        table.integer("version").notNullable();
      }),
      knex.schema.alterTable("callbacks_task", (table) => void table.unique(["open_key"])),
      knex.schema.alterTable("callbacks_task", (table) => void table.index(["status", "next_at"])),
      knex.schema.alterTable("callbacks_task", (table) => void table.index(["due_at", "id"])),
      knex.schema.alterTable("callbacks_task", (table) => void table.index(["number"])),
      knex.schema.createTable("callbacks_attempt", (table) => {
        table.text("id").notNullable().primary();
        table.text("task_id").notNullable();
        table.text("interaction_id").notNullable();
        table.text("agent").notNullable();
        table.text("actor").notNullable();
        table.bigInteger("started_at").notNullable();
        table.bigInteger("dialled_at").nullable();
        table.bigInteger("answered_at").nullable();
        table.bigInteger("ended_at").nullable();
        table.text("result").nullable();
      }),
      knex.schema.alterTable("callbacks_attempt", (table) => void table.index(["task_id", "started_at"])),
      knex.schema.alterTable("callbacks_attempt", (table) => void table.index(["result"])),
      knex.schema.createTable("callbacks_missed_call", (table) => {
        table.text("interaction_id").notNullable().primary();
        table.text("task_id").nullable();
        table.text("reason").notNullable();
        table.text("queue").nullable();
        table.bigInteger("at").notNullable();
        table.boolean("withheld").notNullable();
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
      }),
      knex.schema.alterTable("callbacks_missed_call", (table) => void table.index(["business_date"])),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
