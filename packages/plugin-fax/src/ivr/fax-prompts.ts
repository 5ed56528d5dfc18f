import type { PromptDefinition } from "@hotlinejs/core";

/** Spoken by the node unless its configuration names others. */
export const FAX_PROMPTS: readonly PromptDefinition[] = [
  { id: "fax.press-start", text: "请按传真机启动键发送。" },
  { id: "fax.received", text: "您的传真已收到，我们会尽快处理。" },
  { id: "fax.failed", text: "传真没有成功，请稍后再试，或选择人工服务。" },
  { id: "fax.article-code", text: "请输入四位资料编号，以井号键结束。" },
  { id: "fax.no-article", text: "没有这个编号，请重新输入。" },
  { id: "fax.where", text: "如果您现在使用的就是传真机，请按1后按传真机启动键；发送到其他传真号码请按2。" },
  { id: "fax.number", text: "请输入带区号的传真号码，以井号键结束。" },
  { id: "fax.bad-number", text: "不能向这个号码发送传真，请重新输入。" },
  { id: "fax.confirm", text: "传真号码是{{faxNumber|digits}}，正确请按1，重新输入请按2。" },
  { id: "fax.queued", text: "已登记，传真将在十分钟内发出。忙线会自动重发三次。" },
  { id: "fax.sending", text: "请按启动键，正在发送。" },
];
