import { Migration } from "@mikro-orm/migrations";

/** Written messages that the queues find an agent for; for SQLite and PostgreSQL. */
export class TicketsQueuedMessages extends Migration {
  static readonly id = "0004-queued-messages";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("tickets_queued_message", (table) => {
        table.text("id").notNullable().primary();
        table.text("ticket_id").notNullable();
        table.text("channel").notNullable();
        table.text("external_id").notNullable();
        table.text("queue").notNullable();
        table.text("state").notNullable();
        table.text("agent").nullable();
        table.text("preferred_agent").nullable();
        table.text("interaction_id").nullable();
        table.text("carried_by").nullable();
        table.bigInteger("queued_at").notNullable();
        table.bigInteger("accepted_at").nullable();
        table.bigInteger("done_at").nullable();
      }),
      knex.schema.alterTable("tickets_queued_message", (table) => void table.unique(["channel", "external_id"])),
      knex.schema.alterTable("tickets_queued_message", (table) => void table.index(["state", "queued_at"])),
      knex.schema.alterTable("tickets_queued_message", (table) => void table.index(["ticket_id"])),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
