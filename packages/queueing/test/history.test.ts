import { describe, expect, it } from "vitest";
import { agentView, queueView } from "../src/index.js";
import type { QueueConfig } from "../src/index.js";
import { Driver } from "./driver.js";

/** Agents `a0` to `a2` of a queue, none of them there yet. */
function before(queue: Partial<QueueConfig>): Driver {
  const driver = new Driver();
  driver.send({ type: "queue.configured", queue: { key: "q", wrapUpMs: 0, ...queue } });
  for (const id of ["a0", "a1", "a2"]) {
    driver.send({ type: "agent.configured", agent: { id, queues: [{ queue: "q" }] } });
    driver.send({ type: "agent.state", agentId: id, state: "available" });
  }
  return driver;
}

function arrive(driver: Driver): void {
  for (const id of ["a0", "a1", "a2"]) driver.send({ type: "agent.reachable", agentId: id, reachable: true });
}

function rung(driver: Driver): string | undefined {
  driver.call(`c${driver.effects.length}`);
  return driver.of("offer")[0]?.agentId;
}

describe("what agents did before", () => {
  it.each<[string, ...object[]]>([
    ["fewest-calls", { callsTaken: 3 }, { callsTaken: 1 }, { callsTaken: 2 }],
    ["least-talk-time", { talkMs: 90_000 }, { talkMs: 30_000 }, { talkMs: 60_000 }],
    ["least-recent", { lastCallEndedAt: 900_000 }, { lastCallEndedAt: 700_000 }, { lastCallEndedAt: 800_000 }],
    ["longest-idle", {}, { idleSince: 700_000 }, { idleSince: 800_000 }],
  ])("%s goes by it, whether the agents are there already or not", (strategy, ...known) => {
    for (const first of [true, false]) {
      if (!first && strategy === "longest-idle") continue;
      const driver = before({ strategy });
      if (!first) arrive(driver);
      for (const [index, history] of known.entries()) driver.send({ type: "agent.history", agentId: `a${index}`, ...(history as object) });
      if (first) arrive(driver);
      expect([rung(driver), rung(driver), rung(driver)]).toEqual(["a1", "a2", "a0"]);
    }
  });

  it("idle since before counts for who is there within a minute, and once", () => {
    const late = before({});
    late.send({ type: "agent.history", agentId: "a2", idleSince: 1_000 });
    late.advance(60_001);
    arrive(late);
    expect(rung(late)).toBe("a0");
    const there = before({});
    there.send({ type: "agent.history", agentId: "a2", idleSince: 1_000 });
    there.advance(60_000);
    arrive(there);
    there.send({ type: "agent.reachable", agentId: "a2", reachable: false });
    there.advance(1);
    there.send({ type: "agent.reachable", agentId: "a2", reachable: true });
    expect([rung(there), rung(there), rung(there)]).toEqual(["a0", "a1", "a2"]);
  });

  it("a clock that is set meanwhile changes nothing of it", () => {
    const driver = before({});
    driver.send({ type: "agent.history", agentId: "a2", idleSince: 999_000 });
    driver.stepClock(-3_600_000);
    arrive(driver);
    expect(rung(driver)).toBe("a2");
  });

  it("what is left out stays, what cannot be is left out, and the future is none", () => {
    const driver = before({});
    driver.send({ type: "agent.history", agentId: "a0", callsTaken: 4, talkMs: 5_000 });
    driver.send({ type: "agent.history", agentId: "a0", callsTaken: -1, talkMs: Number.NaN });
    expect(agentView(driver.state, "a0")).toMatchObject({ callsTaken: 4, talkMs: 5_000 });
    driver.send({ type: "agent.history", agentId: "a0", callsTaken: 0, talkMs: 0, lastCallEndedAt: 9e15 });
    expect(agentView(driver.state, "a0")).toMatchObject({ callsTaken: 0, talkMs: 0 });
    expect(driver.state.agents.get("a0")?.lastCallEndedAt).toBe(driver.now);
    driver.send({ type: "agent.history", agentId: "nobody", callsTaken: 1 });
    expect(driver.last).toEqual([]);
  });
});

describe("what a queue saw before", () => {
  it("round-robin goes on behind the last one; an agent there is no more changes nothing", () => {
    const driver = before({ strategy: "round-robin" });
    driver.send({ type: "queue.history", queue: "q", lastAgentId: "a1" });
    driver.send({ type: "queue.history", queue: "q", lastAgentId: "gone" });
    driver.send({ type: "queue.history", queue: "nowhere", lastAgentId: "a0" });
    arrive(driver);
    expect([rung(driver), rung(driver), rung(driver)]).toEqual(["a2", "a0", "a1"]);
  });

  it("the expected wait is as if those calls had ended here", () => {
    const talked = before({});
    arrive(talked);
    for (let i = 0; i < 7; i++) {
      talked.call(`t${i}`);
      talked.answer(`t${i}`);
      talked.advance(20_000);
      talked.send({ type: "interaction.ended", interactionId: `t${i}` });
    }
    const told = before({});
    arrive(told);
    told.send({ type: "queue.history", queue: "q", handled: { count: 7, averageMs: 20_000 } });
    for (const driver of [talked, told]) for (const id of ["x", "y", "z"]) driver.call(id);
    expect(queueView(told.state, "q")?.expectedWaitMs).toBe(queueView(talked.state, "q")?.expectedWaitMs);
    const nothing = queueView(told.state, "q")?.expectedWaitMs;
    for (const handled of [{ count: 0, averageMs: 1 }, { count: 3, averageMs: -1 }, { count: 3, averageMs: Infinity }]) told.send({ type: "queue.history", queue: "q", handled });
    expect(queueView(told.state, "q")?.expectedWaitMs).toBe(nothing);
  });
});
