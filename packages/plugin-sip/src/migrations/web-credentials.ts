import { Migration } from "@mikro-orm/migrations";

/** Short-lived credentials of browsers, for SQLite and PostgreSQL. */
export class SipWebCredentials extends Migration {
  static readonly id = "0002-web-credentials";

  override up(): void {
    const schema = this.getKnex().schema;
    const builder = schema.createTable("sip_web_credential", (table) => {
      table.text("id").notNullable().primary();
      table.text("account").notNullable();
      table.text("user_id").nullable();
      table.text("numbers").nullable();
      table.text("digest_sealed").notNullable();
      table.bigInteger("created_at").notNullable();
      table.bigInteger("expires_at").notNullable();
      table.index(["expires_at"], "sip_web_credential_expires_at_index");
    });
    for (const statement of builder.toSQL()) this.addSql(statement.sql);
  }

  override down(): void {
    for (const statement of this.getKnex().schema.dropTable("sip_web_credential").toSQL()) this.addSql(statement.sql);
  }
}
