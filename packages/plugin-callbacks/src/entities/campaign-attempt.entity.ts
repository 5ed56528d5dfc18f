import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { CampaignAttemptResult } from "../contract.js";

/** One attempt to reach somebody of a campaign, committed before anybody is rung. */
export const CampaignAttemptEntity = defineEntity({
  name: "CallbacksCampaignAttempt",
  tableName: "callbacks_campaign_attempt",
  indexes: [
    { properties: ["personId", "startedAt"] },
    // Those that go on.
    { properties: ["result"] },
    // Who was dialled in this opening, by whatever campaign.
    { properties: ["number", "dialledAt"] },
  ],
  properties: {
    id: p.text().primary(),
    campaignId: p.text(),
    personId: p.text(),
    number: p.text(),
    interactionId: p.text(),
    agent: p.text().nullable(),
    startedAt: p.bigint("number"),
    /** Committed before the person is dialled. */
    dialledAt: p.bigint("number").nullable(),
    answeredAt: p.bigint("number").nullable(),
    /** Nothing more was wanted from then on: heard to the end, an agent on the line. */
    completedAt: p.bigint("number").nullable(),
    endedAt: p.bigint("number").nullable(),
    result: p.text().$type<CampaignAttemptResult>().nullable(),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
});

export type CampaignAttemptRow = InferEntity<typeof CampaignAttemptEntity>;
