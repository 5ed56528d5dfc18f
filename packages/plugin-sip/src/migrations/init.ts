import { Migration } from "@mikro-orm/migrations";

/** Bindings of the registrar, for SQLite and PostgreSQL. */
export class SipInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const schema = this.getKnex().schema;
    const statements = [
      schema.createTable("sip_registration", (table) => {
        table.text("id").notNullable().primary();
        table.text("account").notNullable();
        table.text("contact").notNullable();
        table.text("call_id").notNullable();
        table.bigInteger("cseq").notNullable();
        table.integer("q").notNullable();
        table.bigInteger("expires_at").notNullable();
        table.text("destination").notNullable();
        table.text("path").notNullable();
        table.text("user_agent").nullable();
        table.text("instance").nullable();
        table.bigInteger("updated_at").notNullable();
        table.index(["account"], "sip_registration_account_index");
      }),
    ];
    for (const builder of statements) for (const statement of builder.toSQL()) this.addSql(statement.sql);
  }

  override down(): void {
    for (const statement of this.getKnex().schema.dropTable("sip_registration").toSQL()) this.addSql(statement.sql);
  }
}
