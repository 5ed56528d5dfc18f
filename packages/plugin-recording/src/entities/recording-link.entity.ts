import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A ticket a recording belongs to. A whole-call recording may belong to several. */
export const RecordingLinkEntity = defineEntity({
  name: "RecordingLink",
  tableName: "recording_link",
  indexes: [{ properties: ["ticketId"] }],
  properties: {
    recordingId: p.text().primary(),
    ticketId: p.text().primary(),
    linkedAt: p.bigint("number"),
  },
});

export type RecordingLinkRow = InferEntity<typeof RecordingLinkEntity>;
