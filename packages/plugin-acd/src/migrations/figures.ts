import { Migration } from "@mikro-orm/migrations";

const COUNTS = ["offered", "answered", "answered_in_time", "abandoned", "abandoned_in_time", "abandoned_short", "timeouts", "refused", "diverted", "exits", "moved", "cut", "wait_ms", "longest_wait_ms", "abandoned_wait_ms", "handled", "talk_ms", "wrap_up_ms", "expected", "expected_error_ms"];
const SPANS = ["available_ms", "reserved_ms", "busy_ms", "occupied_ms", "wrap_up_ms", "held_ms", "not_ready_ms", "unreachable_ms", "handled"];

/** Quarter hours of queues and agents, the wait told on entering and the caller's last agent, for SQLite and PostgreSQL. */
export class AcdFigures extends Migration {
  static readonly id = "0003-figures";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.alterTable("acd_queue_entry", (table) => void table.bigInteger("expected_wait_ms")),
      knex.schema.alterTable("acd_queue_entry", (table) => void table.index(["caller_key", "entered_at"], "acd_queue_entry_caller_key_index")),
      knex.schema.createTable("acd_queue_interval", (table) => {
        table.text("id").notNullable().primary();
        table.text("queue").notNullable();
        table.text("channel").notNullable();
        table.bigInteger("starts_at").notNullable();
        for (const name of COUNTS) table.bigInteger(name).notNullable().defaultTo(knex.raw("0"));
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
        table.index(["queue", "starts_at"], "acd_queue_interval_queue_index");
        table.index(["business_date"], "acd_queue_interval_business_date_index");
      }),
      knex.schema.createTable("acd_agent_interval", (table) => {
        table.text("id").notNullable().primary();
        table.text("agent").notNullable();
        table.bigInteger("starts_at").notNullable();
        for (const name of SPANS) table.bigInteger(name).notNullable().defaultTo(knex.raw("0"));
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
        table.index(["agent", "starts_at"], "acd_agent_interval_agent_index");
        table.index(["business_date"], "acd_agent_interval_business_date_index");
      }),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
