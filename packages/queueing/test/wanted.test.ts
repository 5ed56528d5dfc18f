import { describe, expect, it } from "vitest";
import { agentView, isWanted } from "../src/index.js";
import { acd, type Driver } from "./driver.js";

const wanted = (driver: Driver, ...agents: readonly string[]): boolean[] => agents.map((id) => isWanted(driver.state, id));

describe("an agent the queues need", () => {
  it("is not one who cannot be given any of those who wait: for want of a skill, of room, of the reserve's time, or since they are kept for somebody else", () => {
    const driver = acd({ tiersAfterMs: [30_000], joinEmpty: true }, 0);
    driver.send({ type: "queue.configured", queue: { key: "chats", joinEmpty: true } });
    driver.agent("a0", [{ queue: "q", tier: 1 }, "chats"], { capacity: { channels: { voice: 1, chat: 0 } } });
    driver.agent("a1", ["q"], { skills: { pension: 1 } });
    driver.send({ type: "agent.state", agentId: "a1", state: "not-ready" });
    driver.call("chat", { queue: "chats", channel: "chat" });
    driver.call("skilled", { skills: { pension: 1 } });
    driver.call("early");
    expect(agentView(driver.state, "a0")?.status).toBe("available");
    expect(wanted(driver, "a0")).toEqual([false]);
    // Who is back from the break could be given both; so could who is busy now.
    expect(wanted(driver, "a1")).toEqual([true]);
    driver.advance(30_000);
    // The reserve's time has come: rung for the caller who needs no skill.
    expect(driver.offerOf("early").agentId).toBe("a0");
  });

  it("is the last one who is free while a caller is being offered to somebody else, until they talk", () => {
    const driver = acd({}, 2);
    driver.call("c");
    expect(driver.offerOf("c").agentId).toBe("a0");
    expect(wanted(driver, "a1")).toEqual([true]);
    driver.answer("c");
    expect(wanted(driver, "a1")).toEqual([false]);
  });

  it("is none of several who are free, so long as there is one for each caller who may need one", () => {
    const driver = acd({}, 4);
    driver.call("c");
    expect(wanted(driver, "a1", "a2", "a3")).toEqual([false, false, false]);
    driver.call("d");
    // Two callers, two who are free: both are kept.
    expect(wanted(driver, "a2", "a3")).toEqual([true, true]);
    driver.agent("a4");
    expect(wanted(driver, "a2", "a3", "a4")).toEqual([false, false, false]);
    // Those without the skill the caller needs are of no use to them.
    driver.agent("s1", ["q"], { skills: { pension: 1 } });
    driver.agent("s2", ["q"], { skills: { pension: 1 } });
    driver.call("e", { skills: { pension: 1 } });
    const other = driver.offerOf("e").agentId === "s1" ? "s2" : "s1";
    expect(wanted(driver, other, "a2")).toEqual([true, false]);
  });

  it("is none whom there is not", () => {
    expect(wanted(acd(), "nobody")).toEqual([false]);
  });
});
