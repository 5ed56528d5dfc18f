import type { AuditWords } from "@hotlinejs/core";

/** What is done to callbacks, for the page of the audit. */
export const callbackAuditWords: AuditWords = {
  actions: [
    { name: "callbacks.create", title: "登记回拨", titleEn: "Noted a callback" },
    { name: "callbacks.call", title: "回拨", titleEn: "Called a citizen back" },
    { name: "callbacks.close", title: "结束回拨任务", titleEn: "Closed a callback" },
  ],
  subjects: [
    { name: "callback", title: "回拨任务", titleEn: "Callback", page: "/callbacks" },
  ],
};
