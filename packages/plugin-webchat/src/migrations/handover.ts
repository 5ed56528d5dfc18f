import { Migration } from "@mikro-orm/migrations";

/** What comes with a chat from another agent. */
export class WebchatHandover extends Migration {
  static readonly id = "0002-handover";

  override up(): void {
    this.addSql(this.getKnex().schema.alterTable("webchat_chat", (t) => void t.jsonb("screen").nullable()).toQuery());
  }
}
