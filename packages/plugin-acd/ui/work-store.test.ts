import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentCall } from "../src/contract.js";

// The page keeps its tabs in the browser's session storage.
const kept = new Map<string, string>();
vi.stubGlobal("sessionStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), key: (index: number) => [...kept.keys()][index] ?? null, get length() { return kept.size; } });
const { closeWork, followCall, selectWork, workStore } = await import("./work-store.js");

function call(interactionId: string, state: AgentCall["state"], answeredAt: number | null = null): AgentCall {
  return { agent: "1001", interactionId, direction: "inbound", state, since: 0, citizenNumber: "138****5678", queue: "q", queueName: "综合", waitMs: 1, ringUntil: null, joining: false, answeredAt, supervisor: null, given: null, consult: null, members: [], flow: null, announcement: null, commands: [] };
}

beforeEach(() => {
  for (const { interactionId } of workStore.get().items) closeWork(interactionId);
});
const ids = (): readonly string[] => workStore.get().items.map((item) => item.interactionId);

describe("the agent's open work", () => {
  it("a ringing call gets a row and an unselected tab; answered, it is selected; afterwards it stays", () => {
    followCall(null, call("a", "ringing"), 10, false);
    expect([ids(), workStore.get().selected]).toEqual([["a"], undefined]);
    followCall(call("a", "ringing"), call("a", "talking", 20), 20, false);
    expect(workStore.get().selected).toBe("a");
    followCall(call("a", "talking", 20), null, 50, false);
    expect(workStore.get().items[0]).toMatchObject({ interactionId: "a", answeredAt: 20, endedAt: 50 });
    expect(JSON.parse(kept.get("hotline.desk.work") ?? "{}")).toMatchObject({ selected: "a" });
  });

  it("who gave up before the answer leaves nothing", () => {
    followCall(null, call("a", "ringing"), 10, false);
    followCall(call("a", "ringing"), null, 20, false);
    expect(ids()).toEqual([]);
  });

  it("what ended while the page was away is over, or gone when nobody had answered; what is still on goes on", () => {
    followCall(null, call("a", "talking", 10), 10, false);
    followCall(null, call("a", "talking", 10), 20, false);
    expect(workStore.get().items[0]).toMatchObject({ interactionId: "a", endedAt: null });
    followCall(null, null, 30, false);
    expect(workStore.get()).toMatchObject({ items: [{ interactionId: "a", answeredAt: 10, endedAt: 30 }], selected: "a" });
    followCall(null, call("b", "ringing"), 40, false);
    followCall(null, call("c", "ringing"), 50, false);
    expect(ids()).toEqual(["c", "a"]);
    expect(workStore.get().items[1]).toMatchObject({ endedAt: 30 });
  });

  it("an answered call does not take the screen from an agent who types", () => {
    followCall(null, call("a", "talking", 1), 1, false);
    followCall(call("a", "talking", 1), null, 2, false);
    followCall(null, call("b", "ringing"), 3, true);
    followCall(call("b", "ringing"), call("b", "talking", 4), 4, true);
    expect(workStore.get()).toMatchObject({ selected: "a", waitingFor: "b" });
    selectWork("b");
    expect(workStore.get()).toMatchObject({ selected: "b", waitingFor: undefined });
  });

  it("a hold or a consultation selects nothing anew", () => {
    followCall(null, call("a", "talking", 1), 1, false);
    followCall(call("a", "talking", 1), call("a", "held", 1), 2, false);
    followCall(call("a", "held", 1), call("a", "talking", 1), 3, false);
    expect(workStore.get().items).toHaveLength(1);
    closeWork("a");
    expect(workStore.get()).toMatchObject({ items: [], selected: undefined });
  });

  it("more than twelve tabs: the oldest that is over goes, never the one on the screen nor one with a draft", () => {
    for (let i = 0; i < 13; i++) {
      followCall(null, call(`c${i}`, "talking", i + 1), i, i > 0);
      followCall(call(`c${i}`, "talking", i + 1), null, i, i > 0);
      // Something was begun for the second caller.
      if (i === 1) kept.set("hotline.draft.u.ticket c1", "{}");
    }
    expect(ids()).toHaveLength(12);
    expect(ids()).toContain("c0");
    expect(ids()).toContain("c1");
    expect(ids()).not.toContain("c2");
  });
});
