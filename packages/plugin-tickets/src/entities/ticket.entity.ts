import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { Confidentiality, TicketSource } from "../contract.js";

/** 受理单. Times are epoch ms. */
export const TicketEntity = defineEntity({
  name: "Ticket",
  tableName: "tickets_ticket",
  indexes: [
    { properties: ["createdAt", "id"] },
    { properties: ["status", "createdAt"] },
    { properties: ["contactIndex", "createdAt"] },
    { properties: ["interactionId"] },
    { properties: ["businessDate"] },
    { properties: ["agent", "businessDate"] },
    { properties: ["handlingDepartment", "createdAt"] },
    { properties: ["dueAt"] },
  ],
  properties: {
    id: p.text().primary(),
    serial: p.text().unique(),
    kind: p.text(),
    category: p.text().nullable(),
    status: p.text(),
    source: p.text().$type<TicketSource>(),
    summary: p.text().nullable(),
    content: p.text().nullable(),
    answer: p.text().nullable(),
    /** Why it was rejected or made void. */
    reason: p.text().nullable(),
    confidentiality: p.text().$type<Confidentiality>(),
    anonymous: p.boolean(),
    /** Plain only where the level is `normal`. */
    contactName: p.text().nullable(),
    contactNumber: p.text().nullable(),
    contactEmail: p.text().nullable(),
    /** `{name, number, email}` encrypted, for the higher levels. */
    contactSealed: p.text().nullable(),
    /** Blind index of the number, for the newest ticket of a known caller; never for kinds that need the code. */
    contactIndex: p.text().nullable(),
    /** Whom it is about, not who handles it. */
    departmentCode: p.text().nullable(),
    staffCode: p.text().nullable(),
    interactionId: p.text().nullable(),
    queryCodeSealed: p.text(),
    idempotencyKey: p.text().nullable().unique(),
    createdBy: p.text(),
    /** 工号 of who registered it, when that person has one. */
    agent: p.text().nullable(),
    createdAt: p.bigint("number"),
    updatedAt: p.bigint("number"),
    businessDate: p.text(),
    businessHour: p.integer(),
    version: p.integer(),
    /** 承办单位. */
    handlingDepartment: p.text().nullable(),
    /** 承办人: a user id. */
    handler: p.text().nullable(),
    /** Working days as they were given by the rule or by whoever dispatched it. Null: it has no due day. */
    limitDays: p.integer().nullable(),
    clockStartedAt: p.bigint("number").nullable(),
    /** Given to another department: from then on at least the configured days are left. */
    clockRestFrom: p.bigint("number").nullable(),
    clockExtendedDays: p.integer().nullable(),
    /** Since when the clock stands; null while it runs. */
    clockPausedAt: p.bigint("number").nullable(),
    clockStoppedAt: p.bigint("number").nullable(),
    /** Counts the starts of the clock: each level of urging fires once in each. */
    clockCycle: p.integer().nullable(),
    /** Null while the clock stands. */
    dueAt: p.bigint("number").nullable(),
    dueProvisional: p.boolean().nullable(),
    overdueAt: p.bigint("number").nullable(),
    /** 受理时限: somebody is to take it up by then. Null: none, or it did not have to wait for a person. */
    acceptBy: p.bigint("number").nullable(),
    /** When it left `received`. Null: it waits still, or never did. */
    acceptedAt: p.bigint("number").nullable(),
    card: p.text().$type<"yellow" | "red">().nullable(),
  },
});

export type TicketRow = InferEntity<typeof TicketEntity>;
