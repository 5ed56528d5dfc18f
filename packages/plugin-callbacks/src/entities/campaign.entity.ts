import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { CampaignKind, CampaignSettings, CampaignStatus } from "../contract.js";

/** What of the settings stands in no column of its own. */
export type KeptSettings = Omit<CampaignSettings, "name" | "kind" | "queue">;

/** A list of people who are called. */
export const CampaignEntity = defineEntity({
  name: "CallbacksCampaign",
  tableName: "callbacks_campaign",
  indexes: [{ properties: ["status", "id"] }],
  properties: {
    id: p.text().primary(),
    name: p.text(),
    kind: p.text().$type<CampaignKind>(),
    status: p.text().$type<CampaignStatus>(),
    queue: p.text().nullable(),
    settings: p.json<KeptSettings>(),
    createdBy: p.text(),
    createdAt: p.bigint("number"),
    startedAt: p.bigint("number").nullable(),
    endedAt: p.bigint("number").nullable(),
    version: p.integer(),
  },
});

export type CampaignRow = InferEntity<typeof CampaignEntity>;
