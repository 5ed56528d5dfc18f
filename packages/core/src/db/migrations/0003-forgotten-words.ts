import { Migration } from "@mikro-orm/migrations";

/** Notifications whose words are thrown away once they are told. */
export class ForgottenWordsMigration extends Migration {
  static readonly id = "0003-forgotten-words";

  override up(): void {
    const knex = this.getKnex();
    for (const { sql } of knex.schema.alterTable("core_notification", (t) => void t.boolean("forget").notNullable().defaultTo(knex.raw("false"))).toSQL()) this.addSql(sql);
    // Receipts of former versions: serial number and query code in one text. Those still on their way are left until they are told.
    this.addSql("update core_notification set text = '', html = null where template = 'ticket.received-auto' and state <> 'pending'");
    this.addSql("update core_notification set forget = true where template = 'ticket.received-auto'");
  }
}
