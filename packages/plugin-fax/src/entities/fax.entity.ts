import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { FaxState } from "../contract.js";

/** A fax in or out. */
export const FaxEntity = defineEntity({
  name: "Fax",
  tableName: "fax_fax",
  indexes: [{ properties: ["createdAt", "id"] }, { properties: ["state"] }, { properties: ["remoteNumber", "businessDate"] }],
  uniques: [{ properties: ["key"] }],
  properties: {
    id: p.text().primary(),
    direction: p.text().$type<"inbound" | "outbound">(),
    state: p.text().$type<FaxState>(),
    /** Given by who asked for it; `null`: none. */
    key: p.text().nullable(),
    remoteNumber: p.text(),
    remoteId: p.text().nullable(),
    localNumber: p.text(),
    title: p.text().nullable(),
    pages: p.integer(),
    confirmedPages: p.integer(),
    /** The call that carried it, the last one. */
    interactionId: p.text().nullable(),
    /** The call in which it was asked for. */
    orderedIn: p.text().nullable(),
    ref: p.text().nullable(),
    outcome: p.text().nullable(),
    actor: p.text(),
    attempts: p.integer(),
    nextAttemptAt: p.bigint("number").nullable(),
    bitsPerSecond: p.integer(),
    resentFrames: p.integer(),
    pdfBlobId: p.text().nullable(),
    createdAt: p.bigint("number"),
    endedAt: p.bigint("number").nullable(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
});

export type FaxRow = InferEntity<typeof FaxEntity>;
