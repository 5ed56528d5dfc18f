import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { topicNodes } from "./topics.js";

/** Nodes that are of no use without a node type of another plugin: what they say or lead to would not be there. */
export const FLOW_NEEDS: Readonly<Record<string, string>> = { staffed: "queue", "main-silent": "queue", sorry: "queue", fax: "fax", "fax-help": "fax" };

/** Where agents send callers to be identified by their PIN, which nobody hears and no recording holds. */
export const verifyFlow: FlowDefinition = {
  id: "verify-pin",
  title: "密码核验",
  start: "account",
  desk: true,
  nodes: [
    { id: "account", type: "lookup", label: "密码核验", kind: "pension-account", foundPrompt: { text: "核验通过，正在为您接回坐席。" }, on: { found: "yes" }, next: "no" },
    { id: "yes", type: "return", result: "verified" },
    { id: "no", type: "return", result: "not-verified" },
  ],
};

/** What a campaign leads people through whose opinion is asked. */
export const pollFlow: FlowDefinition = {
  id: "poll",
  title: "民意调查外呼",
  start: "hello",
  nodes: [
    { id: "hello", type: "play", label: "开场白", prompt: { text: "您好，这里是海晏市人力资源社会保障12333热线，邀请您参加一分钟的民意调查。" }, next: "ask" },
    { id: "ask", type: "survey", label: "民意调查", survey: "service-2026", next: "bye" },
    { id: "bye", type: "hangup" },
  ],
};

/**
 * 12333: 人工服务请按1, 自动服务请按2. `0` leads to a person at any node, `*` back, `#` repeats.
 *
 * @param today `YYYY-MM-DD` in the hotline's time zone, for the validity of articles
 */
export function mainFlow(today: string): FlowDefinition {
  return {
    id: "12333",
    title: "12333 劳动保障热线",
    start: "greet",
    language: "zh-CN",
    globals: { zero: "staffed", fallback: "sorry", invalid: "P170", silence: "P171", goodbye: "P175", maxInvalid: 3 },
    nodes: [
      { id: "greet", type: "play", label: "欢迎语", prompt: "P001", next: "main" },
      { id: "main", type: "menu", label: "主菜单", prompt: "P002", keys: "12", maxTries: 2, on: { "1": "staffed", "2": "auto", timeout: "main-silent", invalid: "staffed" } },
      { id: "main-silent", type: "play", prompt: "P003", next: "staffed" },

      // 人工
      { id: "staffed", type: "hours", label: "人工服务时间", calendar: "hotline", on: { open: "agent", closed: "closed" } },
      {
        id: "agent",
        type: "queue",
        label: "人工服务",
        queue: "general",
        // Offered only where a trunk leads out.
        callback: { key: "1", on: ["timeout", "full", "no-agents"] },
        exitKeys: { "2": "voicemail" },
        on: { answered: "bye", kept: "kept", timeout: "too-long", full: "full", "no-agents": "nobody", voicemail: "voicemail" },
        next: "nobody",
      },
      { id: "kept", type: "hangup" },
      { id: "closed", type: "play", prompt: "P151", next: "voicemail" },
      { id: "nobody", type: "play", prompt: "P028", next: "voicemail" },
      { id: "full", type: "play", prompt: "P027", next: "voicemail" },
      { id: "too-long", type: "play", prompt: "P026", next: "voicemail" },

      // 自动
      {
        id: "auto",
        type: "menu",
        label: "自动服务",
        prompt: "P040",
        keys: "12345678",
        maxTries: 3,
        on: { "1": "topics", "2": "voicemail", "3": "complaint", "4": "fax", "5": "staffed", "6": "status", "7": "poll", "8": "account", timeout: "bye", invalid: "staffed" },
      },
      { id: "topics", type: "menu", label: "服务咨询", prompt: "P041", keys: "12345678", maxTries: 3, on: { ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((key) => [String(key), `topic-${key}`])), timeout: "more", invalid: "staffed" } },
      ...topicNodes(today),
      { id: "voicemail", type: "voicemail", label: "留言信箱", prompt: "P060", maxSeconds: 180, next: "more" },
      { id: "complaint", type: "complaint", label: "批评建议、投诉举报", next: "more" },
      { id: "fax", type: "menu", label: "传真操作", prompt: "P090", keys: "123", maxTries: 2, on: { "1": "fax-article", "2": "fax-in", "3": "fax-help", timeout: "auto", invalid: "auto" } },
      {
        id: "fax-article",
        type: "fax",
        label: "索取资料传真",
        mode: "article",
        codePrompt: "P091",
        noArticlePrompt: "P043",
        wherePrompt: "P092",
        numberPrompt: "P093",
        confirmPrompt: "P094",
        queuedPrompt: "P095",
        sendingPrompt: "P096",
        on: { sent: "more", failed: "more", none: "auto" },
      },
      { id: "fax-in", type: "fax", label: "发送材料传真", mode: "receive", prompt: "P097", on: { failed: "more", received: "bye" } },
      { id: "fax-help", type: "play", label: "传真使用说明", prompt: "P098", next: "fax" },
      { id: "status", type: "ticketStatus", label: "处理结果查询", next: "more" },
      { id: "poll", type: "survey", label: "民意调查", survey: "service-2026", next: "more" },
      { id: "account", type: "lookup", label: "社保账户查询", kind: "pension-account", next: "more" },

      { id: "more", type: "menu", prompt: "P051", keys: "1", maxTries: 1, on: { "1": "auto", timeout: "bye", invalid: "bye" } },
      { id: "sorry", type: "play", prompt: "P172", next: "staffed" },
      { id: "bye", type: "hangup", prompt: "P175" },
    ],
  };
}
