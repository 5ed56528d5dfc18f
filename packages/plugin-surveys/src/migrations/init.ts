import { Migration } from "@mikro-orm/migrations";

/** Tables of surveys, for SQLite and PostgreSQL. */
export class SurveysInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("surveys_survey", (table) => {
        table.text("key").notNullable().primary();
        table.text("title").notNullable();
        table.jsonb("question").notNullable();
        table.jsonb("options").notNullable();
        table.boolean("active").notNullable();
        table.bigInteger("created_at").notNullable();
      }),
      knex.schema.createTable("surveys_answer", (table) => {
        table.text("survey_key").notNullable();
        table.text("interaction_id").notNullable();
        table.text("option").notNullable();
        table.text("channel").notNullable();
        table.bigInteger("answered_at").notNullable();
        table.text("business_date").notNullable();
        table.integer("business_hour").notNullable();
        table.primary(["survey_key", "interaction_id"]);
      }),
      knex.schema.alterTable("surveys_answer", (table) => void table.index(["survey_key", "business_date"])),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
