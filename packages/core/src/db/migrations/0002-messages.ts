import { Migration } from "@mikro-orm/migrations";

/** Notifications and messages that were taken. */
export class MessagesMigration extends Migration {
  static readonly id = "0002-messages";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("core_notification", (t) => {
        t.text("id").notNullable().primary();
        t.text("channel").notNullable();
        t.text("recipient").notNullable();
        t.text("template").notNullable();
        t.text("title");
        t.text("text").notNullable();
        t.text("html");
        t.jsonb("attachments").notNullable();
        t.jsonb("headers").notNullable();
        t.text("subject_type");
        t.text("subject_id");
        t.text("key");
        t.text("state").notNullable();
        t.text("ref");
        t.integer("attempts").notNullable();
        t.text("last_error");
        t.bigInteger("not_before");
        t.bigInteger("created_at").notNullable();
        t.bigInteger("settled_at");
        t.unique(["key"], { indexName: "core_notification_key_unique" });
        t.index(["subject_type", "subject_id"], "core_notification_subject_index");
        t.index(["state", "created_at"], "core_notification_state_index");
      }),
      knex.schema.createTable("core_message", (t) => {
        t.text("id").notNullable().primary();
        t.text("channel").notNullable();
        t.text("external_id").notNullable();
        t.text("ref").notNullable();
        t.text("interaction_id");
        t.bigInteger("received_at").notNullable();
        t.bigInteger("accepted_at").notNullable();
        t.unique(["channel", "external_id"], { indexName: "core_message_source_unique" });
        t.index(["ref"], "core_message_ref_index");
      }),
      // A citizen who was called is found by the number dialled.
      knex.schema.alterTable("core_interaction", (t) => t.index(["called_number", "started_at"], "core_interaction_called_number_index")),
    ];
    for (const statement of statements) this.addSql(statement.toQuery());
  }
}
