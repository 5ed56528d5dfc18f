import { Migration } from "@mikro-orm/migrations";

/** Places kept for callbacks, for SQLite and PostgreSQL. */
export class AcdKeptPlaces extends Migration {
  static readonly id = "0006-kept-places";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("acd_kept_place", (table) => {
        table.text("id").notNullable().primary();
        table.text("queue").notNullable();
        table.text("number").notNullable();
        table.text("open_key");
        table.text("interaction_id").notNullable();
        table.text("language").notNullable();
        table.integer("priority").notNullable();
        table.jsonb("skills").notNullable();
        table.bigInteger("place_at").notNullable();
        table.text("state").notNullable();
        table.text("result");
        table.integer("attempts").notNullable();
        table.bigInteger("next_at").notNullable();
        table.bigInteger("last_attempt_at");
        table.text("call_id");
        table.bigInteger("created_at").notNullable();
        table.bigInteger("closed_at");
        table.text("closed_by");
      }),
      knex.schema.alterTable("acd_kept_place", (table) => void table.index(["state"], "acd_kept_place_state_index")),
      knex.schema.alterTable("acd_kept_place", (table) => void table.unique(["open_key"], { indexName: "acd_kept_place_open_key_unique" })),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
