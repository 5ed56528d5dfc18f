import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

export const DepartmentEntity = defineEntity({
  name: "DirectoryDepartmentRow",
  tableName: "directory_department",
  properties: {
    code: p.text().primary(),
    name: p.text(),
    shortName: p.text(),
    extension: p.text().nullable(),
    offered: p.boolean(),
  },
});

export type DepartmentRow = InferEntity<typeof DepartmentEntity>;
