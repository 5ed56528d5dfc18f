import { Migration } from "@mikro-orm/migrations";

/** Tables of the directory, for SQLite and PostgreSQL. */
export class DirectoryInit extends Migration {
  static readonly id = "0001-init";

  override up(): void {
    const knex = this.getKnex();
    const statements = [
      knex.schema.createTable("directory_user", (table) => {
        table.text("id").notNullable().primary();
        table.text("username").notNullable();
        table.text("username_key").notNullable();
        table.text("display_name").notNullable();
        table.text("agent_number").nullable();
        table.text("department_code").nullable();
        table.boolean("active").notNullable();
        table.bigInteger("created_at").notNullable();
        table.bigInteger("updated_at").notNullable();
        table.integer("version").notNullable().defaultTo(knex.raw("1"));
      }),
      knex.schema.alterTable("directory_user", (table) => {
        table.unique(["username_key"]);
      }),
      knex.schema.alterTable("directory_user", (table) => {
        table.unique(["agent_number"]);
      }),
      knex.schema.createTable("directory_credential", (table) => {
        table.text("user_id").notNullable().primary();
        table.text("password_hash").notNullable();
        table.text("realm").notNullable();
        table.text("digest_sealed").notNullable();
        table.boolean("demo").notNullable();
        table.bigInteger("changed_at").notNullable();
      }),
      knex.schema.createTable("directory_role", (table) => {
        table.text("name").notNullable().primary();
        table.text("title").notNullable();
        table.jsonb("permissions").notNullable();
      }),
      knex.schema.createTable("directory_user_role", (table) => {
        table.text("user_id").notNullable();
        table.text("role").notNullable();
        table.primary(["user_id", "role"]);
      }),
      knex.schema.createTable("directory_department", (table) => {
        table.text("code").notNullable().primary();
        table.text("name").notNullable();
        table.text("short_name").notNullable();
        table.text("extension").nullable();
        table.boolean("offered").notNullable();
      }),
      knex.schema.createTable("directory_staff", (table) => {
        table.text("code").notNullable().primary();
        table.text("name").notNullable();
        table.text("department_code").notNullable();
        table.boolean("offered").notNullable();
      }),
      knex.schema.alterTable("directory_staff", (table) => {
        table.index(["department_code"]);
      }),
    ];
    for (const builder of statements) {
      for (const { sql } of builder.toSQL()) this.addSql(sql);
    }
  }
}
