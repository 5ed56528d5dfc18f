import { describe, expect, it } from "vitest";
import { rank, resolveStrategy, strategyNames } from "../src/index.js";
import type { Candidate, StrategyContext } from "../src/index.js";

const agents: Candidate[] = [
  { id: "a", order: 0, idleSince: 300, lastCallEndedAt: 50, callsTaken: 3, talkMs: 10 },
  { id: "b", order: 1, idleSince: 100, lastCallEndedAt: 90, callsTaken: 1, talkMs: 30 },
  { id: "c", order: 2, idleSince: 200, lastCallEndedAt: 0, callsTaken: 2, talkMs: 20 },
];
const context = (extra: Partial<StrategyContext> = {}): StrategyContext => ({ now: 1000, lastOrder: -1, draw: 0.5, weight: () => 1, skillLevel: (agent) => agent.order, ...extra });
const order = (name: string, extra: Partial<StrategyContext> = {}): string => rank(resolveStrategy(name), agents, context(extra)).map((agent) => agent.id).join("");

describe("strategies", () => {
  it.each([
    ["longest-idle", "bca"],
    ["least-recent", "cab"],
    ["fewest-calls", "bca"],
    ["least-talk-time", "acb"],
    ["top-down", "abc"],
    ["most-skilled", "cba"],
    ["round-robin", "abc"],
  ])("%s", (name, expected) => expect(order(name)).toBe(expected));

  it("round-robin goes on after the last one", () => {
    expect(order("round-robin", { lastOrder: 0 })).toBe("bca");
    expect(order("round-robin", { lastOrder: 2 })).toBe("abc");
  });

  it("random spreads evenly, weighted-random by weight", () => {
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    const weighted: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 9000; i++) {
      const draw = i / 9000;
      counts[order("random", { draw })[0] as string]! += 1;
      weighted[order("weighted-random", { draw, weight: (agent) => (agent.id === "a" ? 8 : 1) })[0] as string]! += 1;
    }
    for (const id of ["a", "b", "c"]) expect(Math.abs((counts[id] ?? 0) - 3000)).toBeLessThan(300);
    expect(Math.abs((weighted.a ?? 0) - 7200)).toBeLessThan(350);
  });

  it("breaks ties by idle time, then order", () => {
    const even = agents.map((agent) => ({ ...agent, callsTaken: 0 }));
    expect(rank(resolveStrategy("fewest-calls"), even, context()).map((agent) => agent.id)).toEqual(["b", "c", "a"]);
  });

  it("knows the names of app_queue and mod_callcenter, and refuses what it does not know", () => {
    for (const name of ["ringall", "ring-all", "ring-progressively", "leastrecent", "fewestcalls", "rrmemory", "rrordered", "linear", "wrandom", "longest-idle-agent", "agent-with-least-talk-time", "sequentially-by-agent-order"]) {
      expect(strategyNames()).toContain(name);
      expect(resolveStrategy(name)).toBeDefined();
    }
    for (const name of ["ring-everyone", "", "constructor", "__proto__"]) expect(() => resolveStrategy(name)).toThrow(/Unknown queue strategy/);
  });
});
