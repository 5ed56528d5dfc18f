import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { CampaignAttemptResult, PersonResult, PersonStatus } from "../contract.js";

/** Somebody to be called in a campaign. Ids grow as people are added: their order is that of the list. */
export const CampaignPersonEntity = defineEntity({
  name: "CallbacksCampaignPerson",
  tableName: "callbacks_campaign_person",
  indexes: [
    { properties: ["campaignId", "id"] },
    // Who is to be called next.
    { properties: ["campaignId", "status", "nextAt", "id"] },
    // Counted without reading the rows. Named, since PostgreSQL has no room for what it would be called.
    { name: "callbacks_campaign_person_counts_index", properties: ["campaignId", "status", "result", "attempts", "abandoned"] },
    { properties: ["number"] },
  ],
  uniques: [{ properties: ["campaignId", "number"] }],
  properties: {
    id: p.text().primary(),
    campaignId: p.text(),
    number: p.text(),
    name: p.text().nullable(),
    /** Values for the script and the prompt. */
    given: p.json<Record<string, string>>(),
    status: p.text().$type<PersonStatus>(),
    result: p.text().$type<PersonResult>().nullable(),
    attempts: p.integer(),
    /** Of the attempts: answered, and no agent was there. */
    abandoned: p.integer().default(0),
    lastAttemptAt: p.bigint("number").nullable(),
    /** How the last attempt that counted ended: what is told of somebody for whom no time is left. */
    lastResult: p.text().$type<CampaignAttemptResult>().nullable(),
    nextAt: p.bigint("number"),
    interactionId: p.text().nullable(),
    note: p.text().nullable(),
    closedAt: p.bigint("number").nullable(),
    businessDate: p.text().nullable(),
    version: p.integer(),
  },
});

export type CampaignPersonRow = InferEntity<typeof CampaignPersonEntity>;
