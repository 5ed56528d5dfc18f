import type { PromptDefinition } from "@hotlinejs/core";

/** Said by flows that do not name their own. */
export const IVR_PROMPTS: readonly PromptDefinition[] = [
  { id: "ivr.invalid", language: "en-US", text: "That was not a valid choice. Please try again." },
  { id: "ivr.silence", language: "en-US", text: "We did not receive a key." },
  { id: "ivr.error", language: "en-US", text: "Sorry, something went wrong. We are connecting you to an agent." },
  { id: "ivr.goodbye", language: "en-US", text: "Thank you for calling. Goodbye." },
  { id: "ivr.invalid", text: "输入有误，请重新选择。" },
  { id: "ivr.silence", text: "没有收到您的按键。" },
  { id: "ivr.error", text: "抱歉，系统繁忙，正在为您转接人工。" },
  { id: "ivr.goodbye", text: "感谢您的来电，再见。" },
];
