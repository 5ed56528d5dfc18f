import { describe, expect, it } from "vitest";
import { agentView, interactionView } from "../src/index.js";
import { acd } from "./driver.js";

const CAPACITY = { channels: { voice: 1, email: 2 } };
const letter = { channel: "email", yields: true } as const;

describe("what can be done later", () => {
  it("makes room for a caller when nobody else is free, without blame, and keeps its place", () => {
    const driver = acd();
    driver.agent("a", ["q"], { capacity: CAPACITY });
    driver.call("mail", letter);
    driver.call("later", letter);
    expect(driver.all("offer")).toMatchObject([{ agentId: "a", interactionId: "mail" }]);
    driver.call("caller");
    expect(driver.all("rescind")).toMatchObject([{ agentId: "a", interactionId: "mail", reason: "outranked" }]);
    expect(driver.of("offer")).toMatchObject([{ agentId: "a", interactionId: "caller" }]);
    expect(interactionView(driver.state, "mail")).toMatchObject({ state: "waiting" });
    driver.answer("caller");
    driver.send({ type: "interaction.ended", interactionId: "caller" });
    driver.advance(60_000);
    expect(driver.all("offer").filter(({ interactionId }) => interactionId === "mail").length).toBeGreaterThan(1);
    expect(driver.all("auto-paused")).toEqual([]);
  });

  it("is left alone while somebody is free, once it is accepted, and by its own kind", () => {
    const driver = acd();
    driver.agent("a", ["q"], { capacity: CAPACITY });
    driver.call("mail", letter);
    driver.agent("b", ["q"], { capacity: CAPACITY });
    driver.call("caller");
    expect(driver.of("offer")).toMatchObject([{ agentId: "b", interactionId: "caller" }]);
    driver.call("other", letter);
    expect(driver.all("rescind")).toEqual([]);
    const [{ reservationId = "" } = {}] = driver.all("offer");
    driver.send({ type: "offer.accepted", reservationId });
    driver.call("second");
    expect(driver.all("rescind")).toEqual([]);
  });

  it("goes at once to who else is free", () => {
    const driver = acd();
    driver.send({ type: "queue.configured", queue: { key: "letters" } });
    driver.agent("a", ["q", "letters"], { capacity: CAPACITY });
    driver.call("mail", { ...letter, queue: "letters" });
    driver.agent("clerk", ["letters"], { capacity: CAPACITY });
    driver.call("caller");
    expect(driver.of("offer").map(({ agentId, interactionId }) => [agentId, interactionId])).toEqual([["a", "caller"], ["clerk", "mail"]]);
    expect(agentView(driver.state, "clerk")).toMatchObject({ status: "reserved" });
  });

  it("is not taken from an agent who could not serve the caller", () => {
    const driver = acd();
    driver.send({ type: "queue.configured", queue: { key: "letters" } });
    driver.agent("clerk", ["letters"], { capacity: CAPACITY });
    driver.agent("mute", ["q", "letters"], { capacity: { channels: { voice: 0, email: 1 } } });
    driver.call("one", { ...letter, queue: "letters" });
    driver.call("two", { ...letter, queue: "letters" });
    driver.call("caller");
    expect(driver.all("rescind")).toEqual([]);
    expect(interactionView(driver.state, "caller")).toMatchObject({ state: "waiting" });
  });
});

describe("an interaction for one agent, or for all but one", () => {
  it("waits for the one, on demand too, and is never offered to the other", () => {
    const driver = acd({}, 2);
    driver.call("given", { exceptAgent: "a0" });
    expect(driver.of("offer")).toMatchObject([{ agentId: "a1" }]);
    driver.answer("given");
    driver.call("again", { exceptAgent: "a0" });
    driver.call("named", { onlyAgent: "a1" });
    driver.advance(60_000);
    expect(driver.all("offer")).toHaveLength(1);
    driver.send({ type: "agent.state", agentId: "a1", state: "on-demand" });
    driver.send({ type: "interaction.ended", interactionId: "given" });
    driver.advance(20_000);
    driver.answer("again");
    driver.send({ type: "interaction.ended", interactionId: "again" });
    driver.advance(60_000);
    expect(driver.all("offer").slice(1).every(({ agentId }) => agentId === "a1")).toBe(true);
    expect(new Set(driver.all("offer").map(({ interactionId }) => interactionId))).toContain("named");
  });

  it("does not wait for one who never serves it: not let in, not moved, let go when the agent loses the queue", () => {
    const driver = acd({ overflow: [{ afterMs: 1_000, queues: ["reserve"] }] }, 1);
    driver.send({ type: "queue.configured", queue: { key: "reserve" } });
    driver.send({ type: "queue.configured", queue: { key: "other" } });
    driver.agent("helper", ["reserve"]);
    driver.call("nobody", { onlyAgent: "ghost", patient: true });
    driver.call("stranger", { onlyAgent: "a0", queue: "other", patient: true });
    expect(driver.all("left")).toMatchObject([{ interactionId: "nobody", outcome: "no-agents" }, { interactionId: "stranger", outcome: "no-agents" }]);
    driver.send({ type: "agent.state", agentId: "a0", state: "not-ready" });
    driver.call("mine", { onlyAgent: "a0" });
    // The overflow leads to its agent after a second.
    driver.call("helped", { onlyAgent: "helper" });
    driver.send({ type: "interaction.moved", interactionId: "mine", queue: "other" });
    expect(interactionView(driver.state, "mine")).toMatchObject({ queue: "q", state: "waiting" });
    driver.agent("a0", ["other"]);
    expect(driver.all("left").at(-1)).toMatchObject({ interactionId: "mine", outcome: "no-agents" });
    driver.advance(1_000);
    expect(driver.all("offer")).toMatchObject([{ interactionId: "helped", agentId: "helper" }]);
  });
});
