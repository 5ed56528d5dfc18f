import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** A person who works with the hotline. */
export const UserEntity = defineEntity({
  name: "DirectoryUser",
  tableName: "directory_user",
  properties: {
    id: p.text().primary(),
    /** As given; part of the SIP digests, so it never changes. */
    username: p.text(),
    /** Folded form of the name: two names that look the same are one account. */
    usernameKey: p.text().unique(),
    displayName: p.text(),
    agentNumber: p.text().nullable().unique(),
    departmentCode: p.text().nullable(),
    active: p.boolean(),
    createdAt: p.bigint("number"),
    updatedAt: p.bigint("number"),
    version: p.integer().version(),
  },
});

export type UserRow = InferEntity<typeof UserEntity>;
