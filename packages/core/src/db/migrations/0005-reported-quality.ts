import { Migration } from "@mikro-orm/migrations";

/** What the party of a leg itself tells of the sound it hears. */
export class ReportedQualityMigration extends Migration {
  static readonly id = "0005-reported-quality";

  override up(): void {
    const knex = this.getKnex();
    for (const column of ["reported_mos", "reported_rating", "reported_loss_percent", "reported_discard_percent", "reported_burst_density_percent", "reported_burst_ms"]) {
      for (const { sql } of knex.schema.alterTable("core_leg", (t) => void t.specificType(column, "double precision")).toSQL()) this.addSql(sql);
    }
  }
}
