import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

export const UserRoleEntity = defineEntity({
  name: "DirectoryUserRole",
  tableName: "directory_user_role",
  properties: {
    userId: p.text().primary(),
    role: p.text().primary(),
  },
});

export type UserRoleRow = InferEntity<typeof UserRoleEntity>;
