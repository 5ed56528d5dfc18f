import { describe, expect, it } from "vitest";
import type { CallMember } from "../src/contract.js";
import { memberName, membersSaid, memberState, memberStateShort, pillsThatFit, talkers } from "./member-words.js";
import { texts } from "./texts.js";

const text = texts.zh;
const member = (id: string, more: Partial<CallMember> = {}): CallMember => ({ id, kind: "agent", number: "1002", name: id, since: 0, muted: false, until: null, ...more });
const citizen = member("citizen", { kind: "citizen", number: "138****5678", name: null });
const three = [citizen, member("张科")];
const four = [...three, member("x", { kind: "other", name: null, number: "0571****4321" })];

describe("those who talk in a conference", () => {
  it("are counted with the agent, and called by name, number or as the caller", () => {
    expect([talkers({ members: [] }), talkers({ members: three })]).toEqual([0, 3]);
    expect(four.map((each) => memberName(each, text))).toEqual(["来电人", "张科", "0571****4321"]);
    expect(memberName(member("y", { name: null, number: "" }), text)).toBe("号码未显示");
  });

  it("each has its state in words", () => {
    expect(memberState(member("a", { since: 1_000 }), 66_000, text)).toBe("通话 01:05");
    expect(memberState(member("a", { muted: true }), 5, text)).toBe("已静音");
    expect(memberState(member("a", { muted: true, until: 12_500 }), 1_000, text)).toBe("断开，还等 12 秒");
    expect(memberState(member("a"), 61_000, texts.en)).toBe("01:01");
    expect([member("a"), member("a", { muted: true }), member("a", { muted: true, until: 9 })].map((each) => memberStateShort(each, 61_000, text))).toEqual(["01:01", "已静音", "断开"]);
  });

  it("who comes, goes, is muted or breaks off is said, and nothing else", () => {
    expect(membersSaid(three, four, text)).toBe("0571****4321 已加入，共 4 人");
    expect(membersSaid(four, three, text)).toBe("0571****4321 已离开，共 3 人");
    const muted = [citizen, member("张科", { muted: true })];
    expect([membersSaid(three, muted, text), membersSaid(muted, three, text)]).toEqual(["张科 已静音", "张科 已取消静音"]);
    const awaited = [citizen, member("张科", { until: 9 })];
    expect([membersSaid(three, awaited, text), membersSaid(awaited, three, text)]).toEqual(["张科 的话机断开，正在等其恢复", "张科 已恢复"]);
    expect(membersSaid(three, [citizen, member("张科", { since: 7 })], text)).toBeUndefined();
  });

  it("have a pill each as far as there is room, the others behind a button", () => {
    expect([pillsThatFit(204, 2), pillsThatFit(203, 2), pillsThatFit(204, 5), pillsThatFit(244, 5), pillsThatFit(0, 3), pillsThatFit(1_000, 7)]).toEqual([2, 1, 1, 2, 0, 7]);
  });
});
