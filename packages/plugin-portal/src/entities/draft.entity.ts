import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/**
 * ```
 * open --submitted--> done --(a quarter of an hour)--> deleted
 *   \--(no step for draftMinutes)--> deleted
 * ```
 */
export const DraftEntity = defineEntity({
  name: "PortalDraft",
  tableName: "portal_draft",
  properties: {
    /** Blind index of the token in the browser's cookie. */
    id: p.text().primary(),
    /** Key of the ticket that will be made, whoever presses the button how often. */
    filingKey: p.text(),
    /** Answers, later serial number and code; sealed. */
    content: p.text(),
    done: p.boolean(),
    expiresAt: p.bigint("number"),
  },
  indexes: [{ name: "portal_draft_expires_at_index", properties: ["expiresAt"] }],
});

export type DraftRow = InferEntity<typeof DraftEntity>;
