import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentCall } from "../../src/contract.js";
import { isHeldLong, isTalking } from "../call-facts.js";
import type { SoundKind } from "./phone-state.js";
import { cueOf, nextTick, SoundCues } from "./sound-cues.js";

const call = (state: AgentCall["state"], more: Partial<AgentCall> = {}): AgentCall => ({ interactionId: "a", state, since: 0, supervisor: null, members: [], ...more }) as AgentCall;

describe("sounds of a call", () => {
  it("who was asked answers, somebody comes into a conference or leaves it", () => {
    expect(cueOf(call("consult-ringing"), call("consulting"))).toBe("tick");
    expect(cueOf(call("consulting"), call("conference"))).toBe("tick");
    expect(cueOf(call("conference"), call("talking"))).toBe("tick");
    const more = call("conference", { members: [{ id: "citizen" }] as unknown as AgentCall["members"] });
    expect([cueOf(call("conference"), more), cueOf(more, call("conference")), cueOf(more, more)]).toEqual(["tick", "tick", undefined]);
  });

  it("nothing at the end, at a phone that breaks off or is back, or without a change", () => {
    expect([cueOf(call("conference"), null), cueOf(call("conference"), call("reconnecting")), cueOf(call("reconnecting"), call("conference")), cueOf(call("conference"), call("conference")), cueOf(null, call("conference")), cueOf(call("ringing"), call("talking"))]).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
    expect(cueOf(call("consult-ringing", { interactionId: "b" }), call("consulting"))).toBeUndefined();
  });

  it("a supervisor who is heard, once for each way of being there", () => {
    const whisper = call("talking", { supervisor: "whisper" });
    expect([cueOf(call("talking"), whisper), cueOf(whisper, whisper), cueOf(whisper, call("talking", { supervisor: "barge" })), cueOf(whisper, call("talking"))]).toEqual(["waiting", undefined, "waiting", undefined]);
  });

  it("a hold is ticked each minute, a wrap-up ten seconds before its end and only without a call", () => {
    const held = { call: call("held", { since: 1_000 }), wrapUpUntil: null };
    expect([0, 1_000, 60_999, 61_000, 200_000].map((after) => nextTick(held, after))).toEqual([61_000, 61_000, 61_000, 121_000, 241_000]);
    expect([0, 49_999, 50_000].map((after) => nextTick({ call: null, wrapUpUntil: 60_000 }, after))).toEqual([50_000, 50_000, undefined]);
    expect(nextTick({ call: call("talking"), wrapUpUntil: 60_000 }, 0)).toBeUndefined();
  });
});

describe("a hold", () => {
  it("is long from its first minute on", () => {
    expect([isHeldLong(call("held", { since: 5 }), 60_004), isHeldLong(call("held", { since: 5 }), 60_005), isHeldLong(call("talking"), 600_000)]).toEqual([false, true, false]);
  });
});

describe("a talk that makes another ring a soft beep", () => {
  it("is one that was answered, by a phone that is there", () => {
    expect([isTalking(null), isTalking(call("dialling", { answeredAt: null })), isTalking(call("held", { answeredAt: 5 })), isTalking(call("reconnecting", { answeredAt: 5 }))]).toEqual([false, false, true, false]);
  });
});

describe("ticks that come by themselves", () => {
  let played: [SoundKind, number][];
  let cues: SoundCues;
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    played = [];
    cues = new SoundCues((kind) => played.push([kind, Date.now()]), Date.now);
  });
  afterEach(() => {
    cues.close();
    vi.useRealTimers();
  });

  it("go on as long as the caller is on hold", () => {
    cues.follow({ call: call("held"), wrapUpUntil: null });
    vi.advanceTimersByTime(130_000);
    cues.follow({ call: call("talking"), wrapUpUntil: null });
    vi.advanceTimersByTime(130_000);
    expect(played).toEqual([["tick", 60_000], ["tick", 120_000]]);
  });

  it("follow a wrap-up that is extended", () => {
    cues.follow({ call: null, wrapUpUntil: 30_000 });
    vi.advanceTimersByTime(15_000);
    cues.follow({ call: null, wrapUpUntil: 90_000 });
    vi.advanceTimersByTime(100_000);
    expect(played).toEqual([["tick", 80_000]]);
    cues.follow({ call: null, wrapUpUntil: null });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("one tick, though the timer fires before its moment by the server's clock, and none to make up for those slept through", () => {
    let now = 0;
    cues = new SoundCues((kind) => played.push([kind, now]), () => now);
    cues.follow({ call: call("held"), wrapUpUntil: null });
    now = 59_999;
    vi.advanceTimersToNextTimer();
    now = 300_500;
    vi.advanceTimersToNextTimer();
    expect(played).toEqual([["tick", 59_999], ["tick", 300_500]]);
    now = 359_000;
    cues.follow({ call: call("held"), wrapUpUntil: null });
    vi.advanceTimersByTime(999);
    expect(played).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(played).toHaveLength(3);
  });
});
