import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

export const StaffEntity = defineEntity({
  name: "DirectoryStaffRow",
  tableName: "directory_staff",
  properties: {
    code: p.text().primary(),
    name: p.text(),
    departmentCode: p.text().index(),
    offered: p.boolean(),
  },
});

export type StaffRow = InferEntity<typeof StaffEntity>;
