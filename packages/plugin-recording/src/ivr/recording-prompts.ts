import type { PromptDefinition } from "@hotlinejs/core";

/** Spoken by the nodes unless their configuration names others. */
export const RECORDING_PROMPTS: readonly PromptDefinition[] = [
  { id: "recording.voicemail", text: "欢迎使用留言信箱。请在提示音后留言，说明您的称呼和诉求，按井号键结束。" },
  { id: "recording.record", text: "请在提示音后讲话，按井号键结束。" },
  { id: "recording.empty", text: "没有录到声音，请重新留言。" },
  { id: "recording.review", text: "听留言请按1，重新录制请按2，确认提交请按3。" },
  { id: "recording.saved", text: "留言已保存，谢谢。" },
  { id: "recording.failed", text: "抱歉，留言没有保存成功，请稍后再试或选择人工服务。" },
  { id: "recording.ticket", text: "留言已受理，受理流水号{{serial|digits}}，查询码{{queryCode|digits}}。再说一遍，流水号{{serial|digits}}，查询码{{queryCode|digits}}。" },
];
