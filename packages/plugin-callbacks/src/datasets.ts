import type { Dataset, DatasetField } from "@hotlinejs/core";

export const READ = "callbacks.read";

const field = (name: string, label: string, type: DatasetField["type"], sensitivity: DatasetField["sensitivity"] = "public"): DatasetField => ({ name, label, type, sensitivity });

export const callbackDatasets: readonly Dataset[] = [
  {
    name: "callbacks.tasks",
    version: 1,
    permission: READ,
    source: "callbacks_task",
    fields: [
      field("id", "回拨编号", "string"),
      field("number", "号码", "string", "personal"),
      field("reason", "原因", "string"),
      field("queue", "技能组", "string"),
      field("status", "状态", "string"),
      field("result", "结果", "string"),
      field("first_missed_at", "首次未接时间", "datetime"),
      field("last_missed_at", "最近未接时间", "datetime"),
      field("missed", "未接次数", "number"),
      field("due_at", "应回拨时限", "datetime"),
      field("attempts", "已拨次数", "number"),
      field("closed_at", "完成时间", "datetime"),
      field("in_time", "时限内完成", "boolean"),
      field("business_date", "业务日期", "date"),
      field("business_hour", "业务小时", "number"),
    ],
  },
  {
    name: "callbacks.missed-calls",
    version: 1,
    permission: READ,
    source: "callbacks_missed_call",
    fields: [
      field("interaction_id", "联络编号", "string"),
      field("task_id", "回拨编号", "string"),
      field("reason", "原因", "string"),
      field("queue", "技能组", "string"),
      field("at", "时间", "datetime"),
      field("withheld", "号码未显示", "boolean"),
      field("business_date", "业务日期", "date"),
      field("business_hour", "业务小时", "number"),
    ],
  },
];
