import type { AuditWords } from "@hotlinejs/core";

/** What is done to faxes, for the page of the audit. */
export const faxAuditWords: AuditWords = {
  actions: [
    { name: "fax.ordered", title: "提交发送传真", titleEn: "Ordered a fax" },
    { name: "fax.sent", title: "传真已发出", titleEn: "A fax was sent" },
    { name: "fax.failed", title: "传真没有发出", titleEn: "A fax could not be sent" },
    { name: "fax.uncertain", title: "传真是否发出不明", titleEn: "Unknown whether a fax was sent" },
    { name: "fax.viewed", title: "查看传真", titleEn: "Saw a fax" },
  ],
  subjects: [
    { name: "fax", title: "传真", titleEn: "Fax" },
  ],
};
