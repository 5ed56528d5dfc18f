import type { AuditWords } from "@hotlinejs/core";

/** For the page of the audit. */
export const reportAuditWords: AuditWords = {
  actions: [
    { name: "reports.exported", title: "导出报表", titleEn: "Exported a report" },
  ],
  subjects: [
    { name: "report", title: "报表", titleEn: "Report", page: "/reports/:id" },
  ],
};
