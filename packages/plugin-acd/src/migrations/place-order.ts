import { Migration } from "@mikro-orm/migrations";

/** The order of kept places of the same millisecond, for SQLite and PostgreSQL. */
export class AcdPlaceOrder extends Migration {
  static readonly id = "0008-place-order";

  override up(): void {
    const knex = this.getKnex();
    const builder = knex.schema.alterTable("acd_kept_place", (table) => void table.bigInteger("place_seq").notNullable().defaultTo(knex.raw("0")));
    for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
