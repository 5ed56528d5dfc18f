import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { CallbackReason, CallbackResult, CallbackStatus } from "../contract.js";

/** A citizen to be called back. */
export const CallbackTaskEntity = defineEntity({
  name: "CallbackTask",
  tableName: "callbacks_task",
  indexes: [{ properties: ["status", "nextAt"] }, { properties: ["dueAt", "id"] }, { properties: ["number"] }, { properties: ["placeId"] }],
  uniques: [{ properties: ["openKey"] }],
  properties: {
    id: p.text().primary(),
    number: p.text(),
    /** The telephone (`telephoneOf`) until it is closed: there is one open callback per telephone. Older rows: the number. */
    openKey: p.text().nullable(),
    reason: p.text().$type<CallbackReason>(),
    queue: p.text().nullable(),
    status: p.text().$type<CallbackStatus>(),
    result: p.text().$type<CallbackResult>().nullable(),
    firstMissedAt: p.bigint("number"),
    lastMissedAt: p.bigint("number"),
    missed: p.integer(),
    dueAt: p.bigint("number"),
    nextAt: p.bigint("number"),
    attempts: p.integer(),
    lastAttemptAt: p.bigint("number").nullable(),
    /** An agent talked with the citizen in another call. */
    reachedAt: p.bigint("number").nullable(),
    note: p.text().nullable(),
    ticketId: p.text().nullable(),
    interactionId: p.text().nullable(),
    placeId: p.text().nullable(),
    createdBy: p.text(),
    createdAt: p.bigint("number"),
    closedAt: p.bigint("number").nullable(),
    closedBy: p.text().nullable(),
    /** Closed before it was due. */
    inTime: p.boolean().nullable(),
    businessDate: p.text(),
    businessHour: p.integer(),
    version: p.integer(),
  },
});

export type CallbackTaskRow = InferEntity<typeof CallbackTaskEntity>;
