import { describe, expect, it } from "vitest";
import { agentView, interactionView } from "../src/index.js";
import { acd, type Driver } from "./driver.js";

const status = (driver: Driver, id: string): string | undefined => agentView(driver.state, id)?.status;
const pickUp = (driver: Driver, agentId: string, caller = "c"): unknown => driver.send({ type: "offer.picked-up", reservationId: driver.offerOf(caller).reservationId, agentId });

describe("an offer that a colleague picks up", () => {
  it("rings there and no longer here: no miss, and the one who let it go is free for the next caller", () => {
    const driver = acd({ pauseAfterMisses: 1, noAnswerDelayMs: 60_000 }, 2);
    driver.call("c");
    expect(driver.offerOf("c").agentId).toBe("a0");
    driver.send({ type: "agent.state", agentId: "a1", state: "not-ready" });
    pickUp(driver, "a1");
    expect(driver.of("rescind")).toMatchObject([{ agentId: "a0", reason: "picked-up" }]);
    expect(driver.of("offer")).toMatchObject([{ agentId: "a1", interactionId: "c", attempt: 2, pickedUp: true }]);
    expect(driver.of("requeued")).toEqual([]);
    expect([status(driver, "a0"), status(driver, "a1")]).toEqual(["available", "reserved"]);
    expect(driver.answer("c")).toBe("a1");
    driver.call("d");
    expect(driver.offerOf("d").agentId).toBe("a0");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.advance(60_000);
    // What was chosen before holds again.
    expect(status(driver, "a1")).toBe("not-ready");
  });

  it("by an agent of another queue, in after-call work: that ends", () => {
    const driver = acd({ wrapUpMs: 600_000 }, 1);
    driver.send({ type: "queue.configured", queue: { key: "other", wrapUpMs: 600_000 } });
    driver.agent("b", ["other"]);
    driver.call("b1", { queue: "other" });
    driver.answer("b1");
    driver.send({ type: "interaction.ended", interactionId: "b1" });
    expect(status(driver, "b")).toBe("wrap-up");
    driver.call("c");
    pickUp(driver, "b");
    expect(driver.answer("c")).toBe("b");
  });

  it("that is not answered there goes back to the line, to who let it go last", () => {
    const driver = acd({ ringMs: 10_000 }, 3);
    driver.call("c");
    pickUp(driver, "a1");
    driver.advance(10_000);
    expect(driver.all("requeued")).toMatchObject([{ agentId: "a1", cause: "no-answer", ringing: 0 }]);
    expect(driver.offerOf("c").agentId).toBe("a2");
  });

  it("of those rung together stops for the one it is taken from; the others ring on", () => {
    const driver = acd({ strategy: "ring-all" }, 2);
    driver.send({ type: "queue.configured", queue: { key: "other" } });
    driver.agent("b", ["other"]);
    driver.call("c");
    const [first, second] = driver.of("offer");
    driver.send({ type: "offer.picked-up", reservationId: first?.reservationId ?? "", agentId: "b" });
    expect(driver.of("rescind")).toMatchObject([{ agentId: first?.agentId }]);
    expect(status(driver, second?.agentId ?? "")).toBe("reserved");
    expect(driver.of("offer").map(({ agentId }) => agentId)).toEqual(["b"]);
  });

  it("is left as it is where that agent has no phone, is signed out, talks, or is unknown, and once it was answered", () => {
    const driver = acd({}, 2);
    driver.call("busy");
    driver.answer("busy");
    driver.call("c");
    const before = driver.offerOf("c");
    driver.agent("gone", []);
    driver.send({ type: "agent.reachable", agentId: "gone", reachable: false });
    driver.agent("out", []);
    driver.send({ type: "agent.state", agentId: "out", state: "offline" });
    driver.agent("dialling", []);
    driver.send({ type: "agent.occupied", agentId: "dialling", occupied: true });
    for (const agentId of ["a0", "gone", "out", "dialling", "nobody", before.agentId]) expect(pickUp(driver, agentId)).toEqual([]);
    driver.agent("free", []);
    driver.send({ type: "offer.accepted", reservationId: before.reservationId });
    expect(pickUp(driver, "free")).toEqual([]);
    driver.send({ type: "offer.connected", reservationId: before.reservationId });
    expect(interactionView(driver.state, "c")).toMatchObject({ state: "connected", agentId: before.agentId });
  });
});
