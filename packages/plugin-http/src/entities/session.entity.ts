import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A signed-in browser or program. The token itself is nowhere; its hash finds the row. */
export const SessionEntity = defineEntity({
  name: "HttpSession",
  tableName: "http_session",
  properties: {
    id: p.text().primary(),
    /** SHA-256 of the token, hex. */
    tokenHash: p.text().unique(),
    userId: p.text().index(),
    createdAt: p.bigint("number"),
    lastSeenAt: p.bigint("number"),
    expiresAt: p.bigint("number").index(),
    remoteAddress: p.text(),
    userAgent: p.text().nullable(),
  },
});

export type SessionRow = InferEntity<typeof SessionEntity>;
