import { Migration } from "@mikro-orm/migrations";

/** Time on demand, when agents signed in, and agent profiles, for SQLite and PostgreSQL. */
export class AcdAgents extends Migration {
  static readonly id = "0004-agents";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.alterTable("acd_agent_interval", (table) => void table.bigInteger("on_demand_ms").notNullable().defaultTo(knex.raw("0"))),
      knex.schema.alterTable("acd_agent", (table) => void table.bigInteger("signed_in_at")),
      knex.schema.createTable("acd_agent_profile", (table) => {
        table.text("key").notNullable().primary();
        table.text("name").notNullable();
        table.jsonb("settings").notNullable();
        table.bigInteger("updated_at").notNullable();
        table.integer("version").notNullable().defaultTo(knex.raw("1"));
      }),
    ];
    for (const builder of statements) for (const { sql } of builder.toSQL() as unknown as readonly { sql: string }[]) this.addSql(sql);
  }
}
