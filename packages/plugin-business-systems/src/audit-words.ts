import type { AuditWords } from "@hotlinejs/core";

/** For the page of the audit. */
export const businessAuditWords: AuditWords = {
  actions: [
    { name: "business.lookup", title: "查询业务系统", titleEn: "Looked a record up" },
  ],
  subjects: [
    { name: "record", title: "业务记录", titleEn: "Record" },
  ],
};
