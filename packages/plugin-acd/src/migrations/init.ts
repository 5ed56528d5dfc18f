import { Migration } from "@mikro-orm/migrations";

/** Agents, queues, queue entries and the log of agents' states, for SQLite and PostgreSQL. */
export class AcdInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("acd_agent", (table) => {
        table.text("number").notNullable().primary();
        table.text("name").notNullable();
        table.text("address").notNullable();
        table.jsonb("settings").notNullable();
        table.text("choice").notNullable();
        table.text("reason");
        table.bigInteger("choice_at").notNullable();
        table.text("choice_by").notNullable();
        table.integer("version").notNullable().defaultTo(knex.raw("1"));
      }),
      knex.schema.createTable("acd_queue", (table) => {
        table.text("key").notNullable().primary();
        table.text("name").notNullable();
        table.jsonb("settings").notNullable();
        table.bigInteger("updated_at").notNullable();
        table.integer("version").notNullable().defaultTo(knex.raw("1"));
      }),
      knex.schema.createTable("acd_queue_entry", (table) => {
        table.text("id").notNullable().primary();
        table.text("interaction_id").notNullable();
        table.text("queue").notNullable();
        table.integer("priority").notNullable();
        table.bigInteger("entered_at").notNullable();
        table.bigInteger("place_at").notNullable();
        table.text("caller_key");
        table.integer("offers").notNullable();
        table.bigInteger("first_offered_at");
        table.bigInteger("answered_at");
        table.bigInteger("left_at");
        table.bigInteger("ended_at");
        table.text("agent");
        table.text("outcome");
        table.bigInteger("wait_ms");
        table.bigInteger("talk_ms");
        table.boolean("in_time");
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
        table.index(["entered_at", "id"], "acd_queue_entry_entered_at_index");
        table.index(["interaction_id"], "acd_queue_entry_interaction_id_index");
        table.index(["business_date", "queue"], "acd_queue_entry_business_date_index");
        table.index(["agent", "entered_at"], "acd_queue_entry_agent_index");
      }),
      knex.schema.createTable("acd_agent_state_log", (table) => {
        table.text("id").notNullable().primary();
        table.text("agent").notNullable();
        table.bigInteger("at").notNullable();
        table.text("previous").notNullable();
        table.bigInteger("previous_ms").notNullable();
        table.text("state").notNullable();
        table.text("reason");
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
        table.index(["agent", "at"], "acd_agent_state_log_agent_index");
        table.index(["business_date"], "acd_agent_state_log_business_date_index");
      }),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
