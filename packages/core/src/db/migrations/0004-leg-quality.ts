import { Migration } from "@mikro-orm/migrations";

/** Quality of the sound of each leg. */
export class LegQualityMigration extends Migration {
  static readonly id = "0004-leg-quality";

  override up(): void {
    const knex = this.getKnex();
    for (const column of ["mos", "round_trip_ms", "received_mos", "received_loss_percent", "received_jitter_ms", "sent_mos", "sent_loss_percent", "sent_jitter_ms"]) {
      for (const { sql } of knex.schema.alterTable("core_leg", (t) => void t.specificType(column, "double precision")).toSQL()) this.addSql(sql);
    }
  }
}
