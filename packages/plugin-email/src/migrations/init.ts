import { Migration } from "@mikro-orm/migrations";

export class EmailInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    this.addSql(
      knex.schema
        .createTable("email_mailbox", (t) => {
          t.text("key").notNullable().primary();
          t.text("uid_validity").notNullable();
          t.bigInteger("last_uid").notNullable();
          t.bigInteger("updated_at").notNullable();
        })
        .toQuery(),
    );
  }
}
