import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/**
 * ```
 * waiting --claim--> running --ok--> done (or gone, without a key)
 *    ^                  |--throw, attempts left--> waiting
 *    |__ process died __|--throw, none left------> failed
 * ```
 */
export const JobEntity = defineEntity({
  name: "CoreJob",
  tableName: "core_job",
  properties: {
    id: uuid().primary(),
    name: p.text(),
    key: p.text().nullable(),
    payload: p.text(),
    runAt: instant(),
    state: p.text(),
    attempts: p.integer(),
    leaseUntil: instant().nullable(),
    nodeId: p.text().nullable(),
    lastError: p.text().nullable(),
    createdAt: instant(),
    finishedAt: instant().nullable(),
  },
  uniques: [{ name: "core_job_name_key_unique", properties: ["name", "key"] }],
  indexes: [
    { name: "core_job_due_index", properties: ["state", "name", "runAt"] },
    { name: "core_job_finished_at_index", properties: ["finishedAt"] },
  ],
});

export type JobRow = InferEntity<typeof JobEntity>;
