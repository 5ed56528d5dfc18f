import type { Workflow, WorkflowField } from "./workflow.js";

const reason = (choices?: readonly string[]): WorkflowField => ({ name: "reason", label: "原因", type: choices === undefined ? "text" : "choice", ...(choices === undefined ? { max: 500 } : { choices }) });
const answer: WorkflowField = { name: "answer", label: "答复内容", type: "longText" };
const department: WorkflowField = { name: "department", label: "承办单位", type: "department" };
const limitDays: WorkflowField = { name: "limitDays", label: "时限（工作日）", type: "days", required: false, max: 60 };
const opinion: WorkflowField = { name: "opinion", label: "意见", type: "text", max: 500 };

/**
 * ```
 * received --register--> accepted --dispatch--> dispatched --sign--> handling --reply--> replied --close--> closed
 *     \                    | \                   |      ^              |    ^               ^
 *      \                   |  \--start--> handling      |   ask-citizen|    |supplemented   |
 *       \                  |                  return    |return-no     v    |               |
 *        \                 |                     v      |redispatch  waiting-citizen --reply/
 *         \                |                   return-pending
 *          \               \--answer-at-once--> answered-once --close--> closed
 *           \--reject / void (also from accepted; accepted --reply--> replied)
 * ```
 */
export const DEFAULT_WORKFLOW: Workflow = {
  states: [
    { id: "received", name: "待受理", nameEn: "Received", prompt: "tickets.state.received" },
    { id: "accepted", name: "已受理", nameEn: "Accepted", prompt: "tickets.state.accepted" },
    { id: "dispatched", name: "待签收", nameEn: "With the department", prompt: "tickets.state.dispatched" },
    { id: "return-pending", name: "退回待审", nameEn: "Being reviewed", prompt: "tickets.state.accepted" },
    { id: "handling", name: "办理中", nameEn: "Being handled", prompt: "tickets.state.handling" },
    { id: "waiting-citizen", name: "待补充", nameEn: "Waiting for you", prompt: "tickets.state.waiting-citizen", clock: "paused" },
    { id: "answered-once", name: "即时办结", nameEn: "Answered", prompt: "tickets.state.replied", clock: "stopped" },
    { id: "replied", name: "已答复", nameEn: "Answered", prompt: "tickets.state.replied", clock: "stopped" },
    { id: "closed", name: "已办结", nameEn: "Closed", prompt: "tickets.state.closed", closed: true },
    { id: "rejected", name: "不予受理", nameEn: "Not accepted", prompt: "tickets.state.rejected", closed: true },
    { id: "void", name: "已作废", nameEn: "Void", prompt: "tickets.state.void", closed: true },
  ],
  transitions: [
    {
      id: "register",
      name: "登记受理",
      from: ["received"],
      to: "accepted",
      permission: "tickets.create",
      needs: [
        { name: "kind", label: "性质", type: "kind", required: false },
        { name: "category", label: "业务类别", type: "category", required: false },
        { name: "summary", label: "标题", type: "text", required: false, max: 500 },
      ],
      notify: [{ template: "accepted", to: "citizen" }],
    },
    { id: "answer-at-once", name: "当场答复", from: ["accepted"], to: "answered-once", permission: "tickets.create", needs: [answer] },
    { id: "start", name: "开始办理", from: ["accepted"], to: "handling", permission: "tickets.create", assign: "actor" },
    {
      id: "dispatch",
      name: "转办",
      from: ["accepted"],
      to: "dispatched",
      permission: "tickets.dispatch",
      needs: [department, limitDays],
      assign: "department",
      clock: "start",
      notify: [
        { template: "dispatched", to: "citizen" },
        { template: "dispatched-unit", to: "department" },
      ],
    },
    { id: "sign", name: "签收", from: ["dispatched"], to: "handling", permission: "tickets.sign", ownDepartment: true, assign: "actor" },
    {
      id: "return",
      name: "申请退回",
      from: ["dispatched"],
      to: "return-pending",
      permission: "tickets.sign",
      ownDepartment: true,
      needs: [
        reason(["非本单位职责", "属地管辖不符", "与在办件重复", "要素不全无法办理", "涉法涉诉或已进入信访复查复核"]),
        { name: "proposedDepartment", label: "建议承办单位", type: "department", required: false },
      ],
      notify: [{ template: "return-requested", to: "permission:tickets.dispatch" }],
    },
    {
      id: "redispatch",
      name: "改派",
      from: ["return-pending"],
      to: "dispatched",
      permission: "tickets.dispatch",
      needs: [department],
      assign: "department",
      clock: "rest",
      notify: [
        { template: "dispatched", to: "citizen" },
        { template: "dispatched-unit", to: "department" },
      ],
    },
    { id: "return-no", name: "驳回退回", from: ["return-pending"], to: "dispatched", permission: "tickets.dispatch", needs: [opinion], notify: [{ template: "return-refused", to: "department" }] },
    {
      id: "ask-citizen",
      name: "请求补充",
      from: ["handling"],
      to: "waiting-citizen",
      permission: "tickets.handle",
      ownDepartment: true,
      // One pause per ticket: the clock is not to be stopped for convenience.
      once: true,
      needs: [{ name: "need", label: "需补充的材料", type: "text", max: 500 }],
      notify: [{ template: "supplement", to: "citizen" }],
    },
    { id: "supplemented", name: "补充到件", from: ["waiting-citizen"], to: "handling", permission: "tickets.handle", notify: [{ template: "supplemented", to: "handler" }] },
    {
      id: "extend",
      name: "批准延期",
      from: ["handling"],
      to: "handling",
      permission: "tickets.extend",
      once: true,
      needs: [{ name: "days", label: "延期（工作日）", type: "days", max: 10 }, reason()],
      clock: "extend",
      notify: [
        { template: "extension", to: "citizen" },
        { template: "extension-unit", to: "department" },
      ],
    },
    { id: "reply", name: "答复", from: ["accepted", "handling", "waiting-citizen"], to: "replied", permission: "tickets.handle", ownDepartment: true, needs: [answer], notify: [{ template: "replied", to: "citizen" }] },
    { id: "close", name: "办结", from: ["answered-once", "replied"], to: "closed", permission: "tickets.close" },
    { id: "reject", name: "不予受理", from: ["received", "accepted"], to: "rejected", permission: "tickets.reject", needs: [reason()], notify: [{ template: "rejected", to: "citizen" }] },
    { id: "void", name: "作废", from: ["received", "accepted"], to: "void", permission: "tickets.reject", needs: [reason()] },
  ],
};
