import { Migration } from "@mikro-orm/migrations";

/** Interactions, outbox, jobs, audit and state. */
export class DataMigration extends Migration {
  static readonly id = "0001-data";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("core_interaction", (t) => {
        t.text("id").notNullable().primary();
        t.text("channel").notNullable();
        t.text("direction").notNullable();
        t.text("caller_number").notNullable();
        t.text("called_number").notNullable();
        t.text("contact_id");
        t.text("queue");
        t.text("agent_id");
        t.text("language");
        t.bigInteger("started_at").notNullable();
        t.bigInteger("answered_at");
        t.bigInteger("ended_at");
        t.text("end_reason");
        t.text("wrap_up_code");
        t.jsonb("data").notNullable();
        t.text("business_date").notNullable();
        t.integer("business_hour").notNullable();
        t.text("via_kind");
        t.text("via_key");
        t.text("node_id").notNullable();
        t.integer("version").notNullable().defaultTo(knex.raw("1"));
        t.index(["started_at", "id"], "core_interaction_started_at_index");
        t.index(["caller_number", "started_at"], "core_interaction_caller_number_index");
        t.index(["contact_id", "started_at"], "core_interaction_contact_id_index");
        t.index(["agent_id", "started_at"], "core_interaction_agent_id_index");
        t.index(["ended_at"], "core_interaction_ended_at_index");
        t.index(["business_date"], "core_interaction_business_date_index");
      }),
      knex.schema.createTable("core_leg", (t) => {
        t.text("id").notNullable().primary();
        t.text("interaction_id").notNullable();
        t.text("adapter").notNullable();
        t.text("direction").notNullable();
        t.text("role").notNullable();
        t.text("from_number").notNullable();
        t.text("to_number").notNullable();
        t.bigInteger("started_at").notNullable();
        t.bigInteger("ringing_at");
        t.bigInteger("answered_at");
        t.bigInteger("ended_at");
        t.text("end_reason");
        t.integer("status");
        t.jsonb("dialog");
        t.text("node_id").notNullable();
        t.index(["interaction_id"], "core_leg_interaction_id_index");
        t.index(["ended_at"], "core_leg_ended_at_index");
      }),
      knex.schema.createTable("core_bridge_membership", (t) => {
        t.text("id").notNullable().primary();
        t.text("interaction_id").notNullable();
        t.text("bridge_id").notNullable();
        t.text("leg_id").notNullable();
        t.text("role").notNullable();
        t.bigInteger("joined_at").notNullable();
        t.bigInteger("left_at");
        t.index(["interaction_id"], "core_bridge_membership_interaction_id_index");
        t.index(["left_at"], "core_bridge_membership_left_at_index");
      }),
      knex.schema.createTable("core_interaction_event", (t) => {
        t.text("id").notNullable().primary();
        t.text("interaction_id").notNullable();
        t.bigInteger("at").notNullable();
        t.text("type").notNullable();
        t.jsonb("data");
        t.index(["interaction_id", "at"], "core_interaction_event_interaction_id_index");
      }),
      knex.schema.createTable("core_outbox", (t) => {
        t.bigIncrements("position");
        t.text("id").notNullable();
        t.text("aggregate");
        t.integer("seq");
        t.text("name").notNullable();
        t.integer("v").notNullable();
        t.text("payload").notNullable();
        t.bigInteger("at").notNullable();
        t.unique(["id"], { indexName: "core_outbox_id_unique" });
        t.index(["aggregate", "seq"], "core_outbox_aggregate_index");
        t.index(["at"], "core_outbox_at_index");
      }),
      knex.schema.createTable("core_consumer", (t) => {
        t.text("name").notNullable().primary();
        t.bigInteger("position").notNullable();
        t.bigInteger("updated_at").notNullable();
      }),
      knex.schema.createTable("core_held_event", (t) => {
        t.text("consumer").notNullable();
        t.bigInteger("position").notNullable();
        t.text("aggregate");
        t.integer("attempts").notNullable();
        t.bigInteger("retry_at").notNullable();
        t.text("last_error");
        t.primary(["consumer", "position"]);
      }),
      knex.schema.createTable("core_job", (t) => {
        t.text("id").notNullable().primary();
        t.text("name").notNullable();
        t.text("key");
        t.text("payload").notNullable();
        t.bigInteger("run_at").notNullable();
        t.text("state").notNullable();
        t.integer("attempts").notNullable();
        t.bigInteger("lease_until");
        t.text("node_id");
        t.text("last_error");
        t.bigInteger("created_at").notNullable();
        t.bigInteger("finished_at");
        t.unique(["name", "key"], { indexName: "core_job_name_key_unique" });
        t.index(["state", "name", "run_at"], "core_job_due_index");
        t.index(["finished_at"], "core_job_finished_at_index");
      }),
      knex.schema.createTable("core_audit", (t) => {
        t.text("id").notNullable().primary();
        t.bigInteger("at").notNullable();
        t.text("actor").notNullable();
        t.text("action").notNullable();
        t.text("subject_type");
        t.text("subject_id");
        t.text("details");
        t.text("outcome").notNullable();
        t.bigInteger("number");
        t.text("previous");
        t.text("hash");
        t.unique(["number"], { indexName: "core_audit_number_unique" });
        t.index(["at", "id"], "core_audit_at_index");
        t.index(["subject_type", "subject_id"], "core_audit_subject_index");
        t.index(["actor", "at"], "core_audit_actor_index");
      }),
      knex.schema.createTable("core_state", (t) => {
        t.text("key").notNullable().primary();
        t.text("value").notNullable();
      }),
      knex.schema.createTable("core_seed", (t) => {
        t.text("key").notNullable().primary();
        t.bigInteger("at").notNullable();
      }),
    ];
    // The runner takes each built table apart into its single statements.
    for (const statement of statements) this.addSql(statement.toQuery());
  }
}
