import type { PromptDefinition } from "@hotlinejs/core";

const created = "流水号{{serial|digits}}，查询码{{queryCode|digits}}。再说一遍，流水号{{serial|digits}}，查询码{{queryCode|digits}}。";

/** Spoken by the nodes unless their configuration names others. */
export const TICKET_PROMPTS: readonly PromptDefinition[] = [
  { id: "tickets.kind-menu", text: "批评和建议请按1，投诉请按2，举报请按3。返回请按星号键。" },
  { id: "tickets.record.suggestion", text: "请在提示音后说出您的批评或建议，最长三分钟，按井号键结束。" },
  { id: "tickets.record.complaint", text: "请在提示音后说明时间、地点、经过和您的要求，最长三分钟，按井号键结束。" },
  { id: "tickets.record.report", text: "请在提示音后说明被举报的单位、地点、时间、事实和线索，最长五分钟，按井号键结束。" },
  { id: "tickets.anonymous", text: "举报可以实名，也可以匿名。实名并保密请按1，匿名请按2。匿名举报不会记录您的号码，请务必记住流水号和查询码。" },
  { id: "tickets.empty", text: "没有录到声音，请重新录音。" },
  { id: "tickets.invalid-key", text: "输入有误，请重新选择。" },
  { id: "tickets.created", text: `您的诉求已受理，${created}` },
  { id: "tickets.created.report", text: `举报已受理，${created}` },
  { id: "tickets.create-failed", text: "抱歉，系统繁忙，您的录音已保存，我们会尽快登记。" },
  { id: "tickets.record-failed", text: "抱歉，录音没有保存成功，请稍后再试或选择人工服务。" },
  { id: "tickets.ask-serial", text: "请输入十二位受理流水号，以井号键结束。查询本机号码最近的诉求，请直接按井号键。" },
  { id: "tickets.bad-serial", text: "流水号不正确，请重新输入。" },
  { id: "tickets.ask-code", text: "查询答复内容请输入查询码，以井号键结束。不需要请直接按井号键。" },
  { id: "tickets.not-found", text: "没有查到，流水号或查询码不对。" },
  { id: "tickets.locked", text: "输入错误次数过多，请三十分钟后再试，或选择人工服务。" },
  { id: "tickets.no-answer", text: "目前还没有答复，请您耐心等候。" },
  { id: "tickets.answer", text: "答复如下：{{answer|text}}" },
  { id: "tickets.state.received", text: "您的诉求已收到，正在等待登记受理。" },
  { id: "tickets.state.accepted", text: "您的诉求已受理，正在审核派发。" },
  { id: "tickets.state.dispatched", text: "您的诉求已转给承办单位，承办单位正在签收。" },
  { id: "tickets.state.waiting-citizen", text: "承办单位需要您补充材料，补充后继续办理。" },
  { id: "tickets.state.handling", text: "您的诉求正在办理。" },
  { id: "tickets.state.replied", text: "您的诉求已有答复。" },
  { id: "tickets.state.closed", text: "您的诉求已办结。" },
  { id: "tickets.state.rejected", text: "您的诉求不予受理。" },
  { id: "tickets.state.void", text: "该受理单已作废。" },
];
