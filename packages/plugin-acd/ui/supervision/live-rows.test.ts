import { describe, expect, it } from "vitest";
import type { AgentCall, AgentSnapshot, QueueSnapshot } from "../../src/contract.js";
import { statusOf } from "../agent-state.js";
import { colleagueRows, isTaken } from "../colleague-rows.js";
import { agentRows, canWatch, isLate, isOdd, isTalking, percentWords, queueRows, shareWords } from "./live-rows.js";

const agent = (number: string, state: AgentSnapshot["state"], since = 0, more: Partial<AgentSnapshot> = {}): AgentSnapshot => ({ number, state, since, choice: state === "offline" ? "offline" : "available", queues: ["q"], work: [], ...more }) as AgentSnapshot;
const call = (state: AgentCall["state"], answeredAt: number | null = 0): AgentCall => ({ agent: "1", state, since: 0, answeredAt }) as AgentCall;
const queue = (key: string, agents: number, oldestAt: number | null = null): QueueSnapshot => ({ key, agents, oldestAt, oldestLateAt: oldestAt === null ? null : oldestAt + 15_000 }) as QueueSnapshot;
const MINUTE = 60_000;
const reasons = [{ code: "rest", label: "小休", limitMs: 10 * MINUTE }, { code: "meal", label: "用餐", limitMs: 45 * MINUTE }, { code: "fault", label: "故障", limitMs: null }];

describe("rows of the supervision page", () => {
  it("keep their order whatever happens, and hide who is not asked for", () => {
    const agents = [agent("1010", "busy"), agent("102", "offline"), agent("1001", "not-ready", 0, { queues: ["other"] })];
    const numbers = (filter: Parameters<typeof agentRows>[2], only?: string, now = 0) => agentRows(agents, new Map(), filter, only, reasons, now).map((each) => each.number);
    expect(numbers("all")).toEqual(["102", "1001", "1010"]);
    expect(numbers("present")).toEqual(["1001", "1010"]);
    expect(numbers("talking")).toEqual(["1010"]);
    expect(numbers("present", "other")).toEqual(["1001"]);
    expect(numbers("odd")).toEqual([]);
    expect(numbers("odd", undefined, 16 * MINUTE)).toEqual(["1001", "1010"]);
    expect(queueRows([queue("b", 1), queue("a", 1), queue("c", 5)]).map(({ key }) => key)).toEqual(["c", "a", "b"]);
  });

  it("who has only letters and chats does not talk", () => {
    const work = (...channels: string[]) => ({ work: channels.map((channel) => ({ interactionId: channel, channel })) });
    expect([isTalking(agent("1", "busy", 0, work("email", "chat"))), isTalking(agent("1", "busy", 0, work("email", "voice"))), isTalking(agent("1", "occupied")), isTalking(agent("1", "available"))]).toEqual([false, true, true, false]);
    expect([work("fax"), work("fax", "chat"), work("fax", "voice")].map((more) => statusOf(agent("1", "busy", 0, more), "zh"))).toEqual([["open", "办理来件"], ["chat", "会话中"], ["live", "通话中"]]);
  });

  it("a break is told by its reason, in the language of the page", () => {
    const away = agent("1", "not-ready", 0, { reasonName: "小休", reasonNameEn: "Break" });
    expect([statusOf(away, "zh"), statusOf(away, "en"), statusOf(agent("1", "not-ready", 0, { reasonName: null, reasonNameEn: null }), "en")]).toEqual([["after", "小休"], ["after", "Break"], ["after", "Not ready"]]);
    // What was the reason before is none now.
    expect(statusOf({ ...away, state: "wrap-up" }, "en")).toEqual(["after", "Wrap-up"]);
  });

  it("colleagues who can be given a call: who is free first, whose phone is taken last, who has none not at all", () => {
    const phone = { reachable: true, roomForCall: false };
    const chat = [{ interactionId: "c", channel: "chat" }];
    const all = [
      agent("1001", "available", 0, { reachable: true, roomForCall: true }),
      agent("1002", "busy", 0, phone),
      agent("1003", "offline", 0, phone),
      agent("1004", "wrap-up", 0, phone),
      agent("1005", "unreachable", 0, { ...phone, reachable: false }),
      agent("1006", "busy", 0, { work: chat, reachable: true, roomForCall: true }),
      agent("1007", "reserved", 0, phone),
      agent("999", "available", 0, { reachable: true, roomForCall: true }),
    ];
    expect(colleagueRows(all, "1001").map(({ number }) => number)).toEqual(["999", "1006", "1004", "1003", "1002", "1007"]);
    expect(all.filter(isTaken).map(({ number }) => number)).toEqual(["1002", "1007"]);
  });

  it("point out what wants a look: a caller held for more than a minute, a phone that broke off, a wait above the service level", () => {
    expect(isOdd(agent("1", "busy"), call("held"), reasons, MINUTE)).toBe(false);
    expect(isOdd(agent("1", "busy"), call("held"), reasons, MINUTE + 1)).toBe(true);
    expect(isOdd(agent("1", "busy"), call("reconnecting"), reasons, 1)).toBe(true);
    expect(isOdd(agent("1", "available"), undefined, reasons, 100 * MINUTE)).toBe(false);
    expect([isLate(queue("q", 1, 0), 15_000), isLate(queue("q", 1, 0), 15_001), isLate(queue("q", 1), 99_000)]).toEqual([false, true, false]);
  });

  it("a reason for not being ready lasts as long as the hotline allows it; one without a limit a quarter of an hour before it wants a look", () => {
    const odd = (reason: string | null, minutes: number): boolean => isOdd(agent("1", "not-ready", 0, { reason }), undefined, reasons, minutes * MINUTE + 1);
    expect([odd("rest", 9), odd("rest", 10), odd("meal", 20), odd("meal", 45)]).toEqual([false, true, false, true]);
    expect([odd("fault", 14), odd("fault", 15), odd(null, 14), odd(null, 15), odd("gone", 15)]).toEqual([false, true, false, true, true]);
    // What is over is over: the reason counts while the agent is not ready.
    expect(isOdd(agent("1", "available", 0, { reason: "rest" }), undefined, reasons, 60 * MINUTE)).toBe(false);
  });

  it("calls can be entered once both talk, not while they ring, or a citizen keys in a flow", () => {
    expect((["talking", "held", "consulting", "conference"] as const).every((state) => canWatch(call(state)))).toBe(true);
    expect((["ringing", "dialling", "reconnecting", "in-flow"] as const).some((state) => canWatch(call(state)))).toBe(false);
    expect([canWatch(undefined), canWatch(call("talking", null))]).toEqual([false, false]);
  });

  it("shares of few cases are the cases themselves; nothing to divide by is a dash, not a zero", () => {
    expect([shareWords(0.5, 10), shareWords(0.9123, 30), shareWords(null, 0), shareWords(0, 0)]).toEqual(["5 / 10", "91.2%", "–", "–"]);
    expect([percentWords(0.5), percentWords(0), percentWords(null)]).toEqual(["50.0%", "0.0%", "–"]);
  });
});
