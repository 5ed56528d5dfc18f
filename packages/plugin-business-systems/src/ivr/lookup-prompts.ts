import type { PromptDefinition } from "@hotlinejs/core";

/** Spoken by the node unless its configuration names others. */
export const LOOKUP_PROMPTS: readonly PromptDefinition[] = [
  { id: "business.invalid", text: "输入有误，请重新输入。" },
  { id: "business.silence", text: "没有收到您的按键。" },
  { id: "business.wait", text: "正在查询，请稍候。" },
  { id: "business.not-found", text: "没有查到，证件号码或密码不正确，您还可以再试{{left|number}}次。" },
  { id: "business.locked", text: "输入错误次数过多，请三十分钟后再试，或选择人工服务。" },
  { id: "business.unavailable", text: "查询系统暂时不能使用，请稍后再试或选择人工。" },
];
