import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

export const RoleEntity = defineEntity({
  name: "DirectoryRole",
  tableName: "directory_role",
  properties: {
    name: p.text().primary(),
    title: p.text(),
    permissions: p.json<string[]>(),
  },
});

export type RoleRow = InferEntity<typeof RoleEntity>;
