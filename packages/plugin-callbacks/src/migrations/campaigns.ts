import { Migration } from "@mikro-orm/migrations";

/** Tables of campaigns and the do-not-call list, for SQLite and PostgreSQL. */
export class CallbacksCampaigns extends Migration {
  static readonly id = "0003-campaigns";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("callbacks_campaign", (table) => {
        table.text("id").notNullable().primary();
        table.text("name").notNullable();
        table.text("kind").notNullable();
        table.text("status").notNullable();
        table.text("queue").nullable();
        table.jsonb("settings").notNullable();
        table.text("created_by").notNullable();
        table.bigInteger("created_at").notNullable();
        table.bigInteger("started_at").nullable();
        table.bigInteger("ended_at").nullable();
        table.integer("version").notNullable();
      }),
      knex.schema.alterTable("callbacks_campaign", (table) => void table.index(["status", "id"])),
      knex.schema.createTable("callbacks_campaign_person", (table) => {
        table.text("id").notNullable().primary();
        table.text("campaign_id").notNullable();
        table.text("number").notNullable();
        table.text("name").nullable();
        table.jsonb("given").notNullable();
        table.text("status").notNullable();
        table.text("result").nullable();
        table.integer("attempts").notNullable();
        table.bigInteger("last_attempt_at").nullable();
        table.text("last_result").nullable();
        table.bigInteger("next_at").notNullable();
        table.text("interaction_id").nullable();
        table.text("note").nullable();
        table.bigInteger("closed_at").nullable();
        table.text("business_date").nullable();
        table.integer("version").notNullable();
      }),
      knex.schema.alterTable("callbacks_campaign_person", (table) => void table.unique(["campaign_id", "number"])),
      knex.schema.alterTable("callbacks_campaign_person", (table) => void table.index(["campaign_id", "id"])),
      knex.schema.alterTable("callbacks_campaign_person", (table) => void table.index(["campaign_id", "status", "next_at", "id"])),
      knex.schema.alterTable("callbacks_campaign_person", (table) => void table.index(["campaign_id", "status", "result", "attempts"], "callbacks_campaign_person_counts_index")),
      knex.schema.alterTable("callbacks_campaign_person", (table) => void table.index(["number"])),
      knex.schema.createTable("callbacks_campaign_attempt", (table) => {
        table.text("id").notNullable().primary();
        table.text("campaign_id").notNullable();
        table.text("person_id").notNullable();
        table.text("number").notNullable();
        table.text("interaction_id").notNullable();
        table.text("agent").nullable();
        table.bigInteger("started_at").notNullable();
        table.bigInteger("dialled_at").nullable();
        table.bigInteger("answered_at").nullable();
        table.bigInteger("completed_at").nullable();
        table.bigInteger("ended_at").nullable();
        table.text("result").nullable();
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
      }),
      knex.schema.alterTable("callbacks_campaign_attempt", (table) => void table.index(["person_id", "started_at"])),
      knex.schema.alterTable("callbacks_campaign_attempt", (table) => void table.index(["result"])),
      knex.schema.alterTable("callbacks_campaign_attempt", (table) => void table.index(["number", "dialled_at"])),
      knex.schema.createTable("callbacks_do_not_call", (table) => {
        table.text("number").notNullable().primary();
        table.text("source").notNullable();
        table.text("note").nullable();
        table.text("created_by").notNullable();
        table.bigInteger("created_at").notNullable();
      }),
      knex.schema.alterTable("callbacks_do_not_call", (table) => void table.index(["created_at", "number"])),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL()) this.addSql(sql);
  }
}
