import { defineEntity, p } from "@mikro-orm/core";
import { instant } from "./columns.js";

/** Small facts of core that outlive the process, by key. */
export const StateEntity = defineEntity({
  name: "CoreState",
  tableName: "core_state",
  properties: { key: p.text().primary(), value: p.text() },
});

/** What `seedOnce` has run. */
export const SeedEntity = defineEntity({
  name: "CoreSeed",
  tableName: "core_seed",
  properties: { key: p.text().primary(), at: instant() },
});
