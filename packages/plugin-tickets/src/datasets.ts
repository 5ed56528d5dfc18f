import type { Dataset } from "@hotlinejs/core";

/** Counting tickets without seeing any: what the dataset shows names nobody. */
export const STATISTICS = "tickets.statistics";

/**
 * What reports count. Confidential and secret tickets are among the rows, as numbers; so nothing of
 * the citizen, the matter or whom it is about is a field, nor what leads to it (serial, interaction).
 */
export const ticketDatasets: readonly Dataset[] = [
  {
    name: "tickets.tickets",
    version: 1,
    permission: STATISTICS,
    source: "tickets_ticket",
    fields: [
      { name: "kind", label: "性质", type: "string", sensitivity: "public" },
      { name: "category", label: "业务类别", type: "string", sensitivity: "public" },
      { name: "status", label: "状态", type: "string", sensitivity: "public" },
      { name: "source", label: "来源", type: "string", sensitivity: "public" },
      { name: "confidentiality", label: "保密级别", type: "string", sensitivity: "public" },
      { name: "anonymous", label: "匿名", type: "boolean", sensitivity: "public" },
      { name: "agent", label: "受理工号", type: "string", sensitivity: "public" },
      { name: "handling_department", label: "承办单位", type: "string", sensitivity: "public" },
      { name: "clock_stopped_at", label: "计时停止时间", type: "datetime", sensitivity: "public" },
      { name: "due_at", label: "办理时限", type: "datetime", sensitivity: "public" },
      { name: "overdue_at", label: "超期时间", type: "datetime", sensitivity: "public" },
      { name: "accept_by", label: "受理时限", type: "datetime", sensitivity: "public" },
      { name: "accepted_at", label: "登记受理时间", type: "datetime", sensitivity: "public" },
      { name: "card", label: "黄牌红牌", type: "string", sensitivity: "public" },
      { name: "created_at", label: "受理时间", type: "datetime", sensitivity: "public" },
      { name: "business_date", label: "受理日期", type: "date", sensitivity: "public" },
      { name: "business_hour", label: "受理小时", type: "number", sensitivity: "public" },
    ],
  },
];
