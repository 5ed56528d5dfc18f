import { Migration } from "@mikro-orm/migrations";

export class PortalInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statement = knex.schema.createTable("portal_draft", (t) => {
      t.text("id").notNullable().primary();
      t.text("filing_key").notNullable();
      t.text("content").notNullable();
      t.boolean("done").notNullable();
      t.bigInteger("expires_at").notNullable();
      t.index(["expires_at"], "portal_draft_expires_at_index");
    });
    this.addSql(statement.toQuery());
  }
}
