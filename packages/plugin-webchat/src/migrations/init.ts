import { Migration } from "@mikro-orm/migrations";

export class WebchatInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("webchat_chat", (t) => {
        t.text("id").notNullable().primary();
        t.text("token_index").notNullable();
        t.text("state").notNullable();
        t.text("queue").notNullable();
        t.text("interaction_id");
        t.text("name");
        t.text("topic");
        t.text("language").notNullable();
        t.text("agent");
        t.text("ticket_id");
        t.text("ticket_serial");
        t.bigInteger("started_at").notNullable();
        t.bigInteger("answered_at");
        t.bigInteger("ended_at");
        t.integer("last_seq").notNullable();
        t.text("business_date").notNullable();
        t.integer("business_hour").notNullable();
        t.unique(["token_index"], { indexName: "webchat_chat_token_index_unique" });
        t.index(["state"], "webchat_chat_state_index");
        t.index(["agent", "state"], "webchat_chat_agent_index");
      }),
      knex.schema.createTable("webchat_message", (t) => {
        t.text("id").notNullable().primary();
        t.text("chat_id").notNullable();
        t.integer("seq").notNullable();
        t.text("sender").notNullable();
        t.text("text").notNullable();
        t.text("client_id");
        t.bigInteger("at").notNullable();
        t.unique(["chat_id", "seq"], { indexName: "webchat_message_chat_id_seq_unique" });
        t.unique(["chat_id", "client_id"], { indexName: "webchat_message_chat_id_client_id_unique" });
      }),
    ];
    for (const statement of statements) this.addSql(statement.toQuery());
  }
}
