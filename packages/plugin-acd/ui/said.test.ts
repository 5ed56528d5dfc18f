import { describe, expect, it } from "vitest";
import type { AgentCall } from "../src/contract.js";
import { saidFor, type Told } from "./said.js";
import { texts } from "./texts.js";

const NOW = 1_000_000;
const call = (state: AgentCall["state"], more: Partial<AgentCall> = {}): AgentCall => ({ agent: "1001", interactionId: "a", direction: "inbound", state, since: 0, citizenNumber: "", queue: "q", queueName: "社保咨询", waitMs: 42_000, ringUntil: null, joining: false, answeredAt: null, supervisor: null, given: null, consult: null, members: [], flow: null, announcement: null, commands: [], ...more });
const told = (of: AgentCall | null, wrapUpSeconds?: number): Told => ({ call: of, wrapUpUntil: wrapUpSeconds === undefined ? null : NOW + wrapUpSeconds * 1_000 });
const said = (before: Told, after: Told, { language = "zh", here = true }: { language?: "zh" | "en"; here?: boolean } = {}): string | undefined => saidFor(before, after, NOW, texts[language], here);

describe("what the bar says aloud", () => {
  it("each state of a call once, dialling too", () => {
    expect(said(told(null), told(call("ringing")))).toBe("来电，社保咨询，等候 42 秒，按 F2 接听");
    expect(said(told(null), told(call("ringing")), { here: false })).toBe("来电，社保咨询，等候 42 秒");
    expect(said(told(null), told(call("dialling")))).toBe("正在呼叫");
    expect(said(told(null), told(call("dialling")), { language: "en" })).toBe("Calling");
    expect(said(told(call("dialling")), told(call("dialling", { commands: ["hangup"] })))).toBeUndefined();
    expect(said(told(call("dialling")), told(call("talking")))).toBe("已接通");
    expect(said(told(call("talking")), told(call("held")))).toBe("已保持");
  });

  it("whom a consultation calls, talks with, and waits for", () => {
    const consult = { number: "1002", name: "张科", answeredAt: null, talking: true, until: null };
    expect(said(told(call("talking")), told(call("consult-ringing", { consult })))).toBe("正在呼叫 张科");
    expect(said(told(call("consult-ringing", { consult })), told(call("consulting", { consult })))).toBe("正在与 张科 通话，来电人保持中");
    expect(said(told(call("consulting", { consult })), told(call("consulting", { consult: { ...consult, until: NOW + 9 } })))).toBe("张科 的话机断开，正在等其恢复");
    expect(said(told(call("consulting", { consult: { ...consult, until: NOW + 9 } })), told(call("consulting", { consult })))).toBe("正在与 张科 通话，来电人保持中");
  });

  it("a conference by the number of people, and who comes and goes", () => {
    const member = (id: string) => ({ id, kind: "agent" as const, number: id, name: null, since: 0, muted: false, until: null });
    const three = call("conference", { members: [member("citizen"), member("1002")] });
    const four = call("conference", { members: [...three.members, member("1003")] });
    expect(said(told(call("consulting")), told(three))).toBe("三方通话，共 3 人");
    expect(said(told(call("consulting", { members: three.members })), told(four))).toBe("多方通话，共 4 人");
    expect(said(told(four), told(three))).toBe("1003 已离开，共 3 人");
    expect(said(told(three), told(three))).toBeUndefined();
    const consult = { number: "1003", name: "李科", answeredAt: 1, talking: true, until: null };
    expect(said(told(three), told(call("consulting", { consult, members: three.members })))).toBe("正在与 李科 通话，其他人互相通话");
  });

  it("a supervisor who comes in, once", () => {
    expect(said(told(call("talking")), told(call("talking", { supervisor: "whisper" })))).toBe("班长耳语中，来电人听不到");
    expect(said(told(call("talking", { supervisor: "whisper" })), told(call("talking", { supervisor: "whisper" })))).toBeUndefined();
  });

  it("the end with the seconds of the wrap-up, whichever of the two is told first", () => {
    expect(said(told(call("talking"), 60), told(null, 60))).toBe("通话结束，60 秒内完成整理");
    expect(said(told(call("talking"), 60), told(null, 60), { language: "en" })).toBe("Call ended; 60 s for wrap-up");
    expect(said(told(call("talking")), told(call("talking"), 60))).toBeUndefined();
    expect(said(told(call("talking")), told(null))).toBe("通话结束");
    expect(said(told(null), told(null, 60))).toBe("通话结束，60 秒内完成整理");
  });

  it("more time for the wrap-up is said, its end is not", () => {
    expect(said(told(null, 20), told(null, 80))).toBe("已延长，80 秒内完成整理");
    expect(said(told(null, 20), told(null, 80), { language: "en" })).toBe("Extended; 80 s for wrap-up");
    expect(said(told(null, 20), told(null, 20))).toBeUndefined();
    expect(said(told(null, 20), told(null))).toBeUndefined();
  });
});
