import type { PromptDefinition } from "@hotlinejs/core";
import type { FlowDefinition } from "../src/contract.js";

/** Prompts of a small hotline of the 12333 shape. */
export const PROMPTS_12333: readonly PromptDefinition[] = [
  { id: "P001", text: "您好，通话将被录音。", bargeIn: false },
  { id: "P002", text: "人工服务请按1，自动服务请按2。" },
  { id: "P020", text: "正在转接人工。" },
  { id: "P040", text: "咨询请按1，留言请按2，投诉请按3，传真请按4，人工请按5，结果查询请按6，民意调查请按7。" },
  { id: "P041", text: "社保信息请按1，就业政策请按2。" },
  { id: "P044", text: "社保信息的内容。" },
  { id: "P100", text: "请输入十二位流水号。" },
  { id: "P102", text: "没有查到。" },
  { id: "P104", text: "您的诉求{{serial|digits}}已受理。" },
  { id: "P150", text: "现在是下班时间。" },
  { id: "P172", text: "系统繁忙。" },
  { id: "P175", text: "感谢来电，再见。" },
];

/** Welcome 1/2, self-service 1-7, as in the example; what other plugins bring is `say`. */
export const FLOW_12333: FlowDefinition = {
  id: "main",
  title: "12333",
  start: "hours",
  language: "zh-CN",
  globals: { zero: "agent", fallback: "sorry" },
  nodes: [
    { id: "hours", type: "hours", calendar: "default", on: { open: "greet", closed: "closed" } },
    { id: "closed", type: "play", prompt: "P150", next: "auto" },
    { id: "greet", type: "play", prompt: "P001", next: "welcome" },
    { id: "welcome", type: "menu", label: "欢迎", prompt: "P002", keys: "12", maxTries: 1, globals: { zero: false }, on: { "1": "agent", "2": "auto", timeout: "agent", invalid: "agent" } },
    {
      id: "auto",
      type: "menu",
      label: "自动服务",
      prompt: "P040",
      keys: "1234567",
      maxTries: 2,
      on: { "1": "topics", "2": "voicemail", "3": "complaint", "4": "fax", "5": "agent", "6": "serial", "7": "poll", timeout: "bye", invalid: "agent" },
    },
    { id: "topics", type: "menu", label: "咨询", prompt: "P041", keys: "12", on: { "1": "article", "2": "article", timeout: "bye", invalid: "agent" } },
    { id: "article", type: "play", prompt: "P044", next: "topics" },
    { id: "voicemail", type: "play", prompt: { text: "留言" }, next: "auto" },
    { id: "complaint", type: "play", prompt: { text: "投诉" }, next: "auto" },
    { id: "fax", type: "play", prompt: { text: "传真以后开通" }, next: "auto" },
    { id: "poll", type: "play", prompt: { text: "调查" }, next: "auto" },
    { id: "serial", type: "collect", prompt: "P100", var: "serial", min: 12, max: 12, check: "luhn", invalidPrompt: "P102", on: { collected: "status", timeout: "auto", invalid: "agent" } },
    { id: "status", type: "play", prompt: "P104", next: "auto" },
    { id: "sorry", type: "play", prompt: "P172", next: "agent" },
    { id: "agent", type: "play", prompt: "P020", next: "bye" },
    { id: "bye", type: "hangup", prompt: "P175" },
  ],
};
