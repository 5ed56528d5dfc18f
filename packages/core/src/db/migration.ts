import type { Migration } from "@mikro-orm/migrations";

/**
 * One class for SQLite and PostgreSQL: builds with `this.getKnex().schema` and adds **one statement
 * per addSql** (SQLite silently runs only the first of several). Its name becomes `<plugin>/<static id>`.
 */
export type MigrationClass = (new (...args: ConstructorParameters<typeof Migration>) => Migration) & {
  /** `0001-init`. */
  readonly id: string;
};
