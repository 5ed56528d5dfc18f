import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import { instant, uuid } from "./columns.js";

/** An audit row; `number` and the hashes are empty until the sealer has come by. */
export const AuditEntity = defineEntity({
  name: "CoreAudit",
  tableName: "core_audit",
  properties: {
    id: uuid().primary(),
    at: instant(),
    actor: p.text(),
    action: p.text(),
    subjectType: p.text().nullable(),
    subjectId: p.text().nullable(),
    details: p.text().nullable(),
    outcome: p.text(),
    number: p.bigint("number").nullable().unique("core_audit_number_unique"),
    previous: p.text().nullable(),
    hash: p.text().nullable(),
  },
  indexes: [
    { name: "core_audit_at_index", properties: ["at", "id"] },
    { name: "core_audit_subject_index", properties: ["subjectType", "subjectId"] },
    { name: "core_audit_actor_index", properties: ["actor", "at"] },
  ],
});

export type AuditRow = InferEntity<typeof AuditEntity>;
