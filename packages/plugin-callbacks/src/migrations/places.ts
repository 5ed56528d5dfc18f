import { Migration } from "@mikro-orm/migrations";

/** Places that call distribution keeps, for SQLite and PostgreSQL. */
export class CallbacksPlaces extends Migration {
  static readonly id = "0002-places";

  override up(): void {
    const knex = this.getKnex();
    const statements = [knex.schema.alterTable("callbacks_task", (table) => void table.text("place_id").nullable()), knex.schema.alterTable("callbacks_task", (table) => void table.index(["place_id"]))];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
