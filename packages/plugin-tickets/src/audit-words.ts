import type { AuditWords } from "@hotlinejs/core";

/** What is done to tickets, with the steps of the default workflow, for the page of the audit. Steps of a workflow of your own are told by their ids. */
export const ticketAuditWords: AuditWords = {
  actions: [
    { name: "ticket.created", title: "新建工单", titleEn: "Made a ticket" },
    { name: "ticket.message", title: "来信并入工单", titleEn: "A letter joined a ticket" },
    { name: "ticket.urge", title: "催办", titleEn: "Urged a ticket" },
    { name: "ticket.urge-withdrawn", title: "撤回催办", titleEn: "Took an urge back" },
    { name: "ticket.queried", title: "查询工单进度", titleEn: "Asked how a ticket stands" },
    { name: "ticket.query-locked", title: "查询码多次不对，已锁定", titleEn: "Query code wrong too often; locked" },
    { name: "ticket.register", title: "登记受理", titleEn: "Registered a ticket" },
    { name: "ticket.answer-at-once", title: "当场答复", titleEn: "Answered a ticket at once" },
    { name: "ticket.start", title: "开始办理", titleEn: "Began to handle a ticket" },
    { name: "ticket.dispatch", title: "转办", titleEn: "Dispatched a ticket" },
    { name: "ticket.sign", title: "签收", titleEn: "Accepted a ticket for the department" },
    { name: "ticket.return", title: "申请退回", titleEn: "Asked to return a ticket" },
    { name: "ticket.redispatch", title: "改派", titleEn: "Dispatched a ticket anew" },
    { name: "ticket.return-no", title: "驳回退回", titleEn: "Refused a return" },
    { name: "ticket.ask-citizen", title: "请求补充", titleEn: "Asked the citizen for more" },
    { name: "ticket.supplemented", title: "补充到件", titleEn: "The citizen's supplement came" },
    { name: "ticket.extend", title: "批准延期", titleEn: "Extended the time limit" },
    { name: "ticket.reply", title: "答复", titleEn: "Replied to the citizen" },
    { name: "ticket.close", title: "办结", titleEn: "Closed a ticket" },
    { name: "ticket.reject", title: "不予受理", titleEn: "Rejected a ticket" },
    { name: "ticket.void", title: "作废", titleEn: "Made a ticket void" },
  ],
  subjects: [
    { name: "ticket", title: "工单", titleEn: "Ticket", page: "/tickets/:id" },
  ],
};
