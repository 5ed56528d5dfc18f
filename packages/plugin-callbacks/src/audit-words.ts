import type { AuditWords } from "@hotlinejs/core";

/** What is done to callbacks, for the page of the audit. */
export const callbackAuditWords: AuditWords = {
  actions: [
    { name: "callbacks.create", title: "登记回拨", titleEn: "Noted a callback" },
    { name: "callbacks.call", title: "回拨", titleEn: "Called a citizen back" },
    { name: "callbacks.close", title: "结束回拨任务", titleEn: "Closed a callback" },
    { name: "callbacks.campaign-create", title: "新建外呼任务", titleEn: "Made a campaign" },
    { name: "callbacks.campaign-change", title: "修改外呼任务", titleEn: "Changed a campaign" },
    { name: "callbacks.campaign-people", title: "添加外呼名单", titleEn: "Added people to a campaign" },
    { name: "callbacks.campaign-person-close", title: "了结外呼名单中的一人", titleEn: "Closed a person of a campaign" },
    { name: "callbacks.campaign-start", title: "开始外呼任务", titleEn: "Started a campaign" },
    { name: "callbacks.campaign-pause", title: "暂停外呼任务", titleEn: "Paused a campaign" },
    { name: "callbacks.campaign-cancel", title: "取消外呼任务", titleEn: "Cancelled a campaign" },
    { name: "callbacks.campaign-done", title: "外呼任务完成", titleEn: "Finished a campaign" },
    { name: "callbacks.do-not-call", title: "登记不再拨打", titleEn: "Put a number on the do-not-call list" },
    { name: "callbacks.do-call-again", title: "取消不再拨打", titleEn: "Took a number off the do-not-call list" },
  ],
  subjects: [
    { name: "callback", title: "回拨任务", titleEn: "Callback", page: "/callbacks" },
    { name: "campaign", title: "外呼任务", titleEn: "Campaign", page: "/campaigns" },
    { name: "do-not-call", title: "不再拨打的号码", titleEn: "Do-not-call number" },
  ],
};
