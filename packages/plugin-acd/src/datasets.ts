import type { Dataset } from "@hotlinejs/core";

export const acdDatasets: readonly Dataset[] = [
  {
    name: "acd.queue-entries",
    version: 1,
    permission: "acd.queues.read",
    source: "acd_queue_entry",
    fields: [
      { name: "interaction_id", label: "联络编号", type: "string", sensitivity: "public" },
      { name: "queue", label: "技能组", type: "string", sensitivity: "public" },
      { name: "priority", label: "优先级", type: "number", sensitivity: "public" },
      { name: "entered_at", label: "进入排队时间", type: "datetime", sensitivity: "public" },
      { name: "offers", label: "振铃坐席次数", type: "number", sensitivity: "public" },
      { name: "first_offered_at", label: "首次振铃时间", type: "datetime", sensitivity: "public" },
      { name: "answered_at", label: "接通时间", type: "datetime", sensitivity: "public" },
      { name: "left_at", label: "离开排队时间", type: "datetime", sensitivity: "public" },
      { name: "ended_at", label: "结束时间", type: "datetime", sensitivity: "public" },
      { name: "agent", label: "工号", type: "string", sensitivity: "public" },
      { name: "outcome", label: "结果", type: "string", sensitivity: "public" },
      { name: "wait_ms", label: "等待时长", type: "duration", sensitivity: "public" },
      { name: "talk_ms", label: "通话时长", type: "duration", sensitivity: "public" },
      { name: "in_time", label: "按时接听", type: "boolean", sensitivity: "public" },
      { name: "business_date", label: "业务日期", type: "date", sensitivity: "public" },
      { name: "business_hour", label: "业务小时", type: "number", sensitivity: "public" },
    ],
  },
  {
    name: "acd.agent-states",
    version: 1,
    permission: "acd.agents.read",
    source: "acd_agent_state_log",
    fields: [
      { name: "agent", label: "工号", type: "string", sensitivity: "public" },
      { name: "at", label: "时间", type: "datetime", sensitivity: "public" },
      { name: "previous", label: "原状态", type: "string", sensitivity: "public" },
      { name: "previous_ms", label: "原状态时长", type: "duration", sensitivity: "public" },
      { name: "state", label: "状态", type: "string", sensitivity: "public" },
      { name: "reason", label: "原因", type: "string", sensitivity: "public" },
      { name: "business_date", label: "业务日期", type: "date", sensitivity: "public" },
      { name: "business_hour", label: "业务小时", type: "number", sensitivity: "public" },
    ],
  },
];
