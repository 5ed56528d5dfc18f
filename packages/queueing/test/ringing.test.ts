import { describe, expect, it } from "vitest";
import { agentView } from "../src/index.js";
import { acd } from "./driver.js";

describe("ring-all", () => {
  it("rings everybody who is free; the others stop only when the winner talks, without blame and with their place among the idle", () => {
    const driver = acd({ strategy: "ring-all" }, 3);
    driver.call("c");
    const offers = driver.of("offer");
    expect(offers.map((offer) => offer.agentId)).toEqual(["a0", "a1", "a2"]);
    expect(offers.map((offer) => offer.attempt)).toEqual([1, 2, 3]);
    const [, second] = offers;
    driver.send({ type: "offer.accepted", reservationId: second?.reservationId ?? "" });
    expect(driver.of("rescind")).toEqual([]);
    expect(driver.of("connect")).toMatchObject([{ agentId: "a1" }]);
    driver.send({ type: "offer.connected", reservationId: second?.reservationId ?? "" });
    expect(driver.of("rescind")).toMatchObject([
      { agentId: "a0", reason: "answered-elsewhere" },
      { agentId: "a2", reason: "answered-elsewhere" },
    ]);
    expect(["a0", "a1", "a2"].map((id) => agentView(driver.state, id)?.status)).toEqual(["available", "busy", "available"]);
    driver.send({ type: "queue.configured", queue: { key: "q" } });
    driver.call("d");
    expect(driver.of("offer")).toMatchObject([{ agentId: "a0" }]);
  });

  it("two answer at once: the first has the caller, the second is let go; the winner's loss leaves the rest ringing", () => {
    const driver = acd({ strategy: "ringall" }, 3);
    driver.call("c");
    const [first, second, third] = driver.of("offer").map((offer) => offer.reservationId) as [string, string, string];
    driver.send({ type: "offer.accepted", reservationId: first });
    driver.send({ type: "offer.accepted", reservationId: second });
    expect(driver.of("connect")).toEqual([]);
    expect(driver.of("rescind")).toMatchObject([{ reservationId: second, reason: "answered-elsewhere" }]);
    driver.send({ type: "offer.rejected", reservationId: first, cause: "failed" });
    expect(driver.of("requeued")).toMatchObject([{ agentId: "a0", ringing: 1 }]);
    // a1 is free again and has not missed this caller: rung along.
    expect(driver.of("offer")).toMatchObject([{ agentId: "a1", interactionId: "c" }]);
    driver.send({ type: "offer.accepted", reservationId: third });
    driver.send({ type: "offer.connected", reservationId: third });
    expect(driver.all("left")).toMatchObject([{ outcome: "answered", agentId: "a2" }]);
    expect(driver.state.reservations.size).toBe(0);
  });

  it("who becomes free while it rings is rung along; nobody answers: a new round rings all again", () => {
    const driver = acd({ strategy: "ring-all", ringMs: 10_000, noAnswerDelayMs: 0 }, 1);
    driver.call("c");
    driver.advance(4000);
    driver.agent("late");
    expect(driver.of("offer")).toMatchObject([{ agentId: "late", interactionId: "c" }]);
    driver.advance(6000);
    expect(driver.all("requeued")).toMatchObject([{ agentId: "a0", cause: "no-answer", ringing: 1 }]);
    driver.advance(4000);
    expect(driver.all("requeued")[1]).toMatchObject({ agentId: "late", ringing: 0 });
    expect(driver.all("offer").slice(2).map((offer) => offer.agentId).sort()).toEqual(["a0", "late"]);
  });

  it("a loser whose ring time ends while the winner is being joined has missed nothing", () => {
    const driver = acd({ strategy: "ring-all", ringMs: 10_000, pauseAfterMisses: 1 }, 2);
    driver.call("c");
    const [first] = driver.of("offer");
    driver.advance(9_999);
    driver.send({ type: "offer.accepted", reservationId: first?.reservationId ?? "" });
    driver.advance(1);
    expect(driver.all("auto-paused")).toEqual([]);
    expect(agentView(driver.state, "a1")?.status).toBe("available");
  });

  it("the caller gives up: all phones stop", () => {
    const driver = acd({ strategy: "ring-all" }, 3);
    driver.call("c");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    expect(driver.of("rescind").map(({ agentId, reason }) => [agentId, reason])).toEqual([["a0", "caller-gone"], ["a1", "caller-gone"], ["a2", "caller-gone"]]);
    expect(driver.of("left")).toMatchObject([{ outcome: "abandoned" }]);
  });

  it("one timer is enough for all who began to ring at once; who joins later has the own time, and whoever has answered is not cut off by it", () => {
    const driver = acd({ strategy: "ring-all", ringMs: 10_000, connectMs: 30_000, noAnswerDelayMs: 5_000 }, 3);
    const ringing = (): string[] => [...driver.timers.keys()].filter((id) => id.startsWith("offer:"));
    driver.call("c");
    expect(ringing()).toHaveLength(1);
    driver.advance(4_000);
    driver.agent("late");
    expect(ringing()).toHaveLength(2);
    driver.send({ type: "offer.accepted", reservationId: driver.all("offer")[1]?.reservationId ?? "" });
    driver.advance(6_000);
    // Missed by nobody: a1 had answered in time.
    expect(driver.of("rescind").map(({ agentId, reason }) => [agentId, reason])).toEqual([["a0", "answered-elsewhere"], ["a2", "answered-elsewhere"]]);
    driver.send({ type: "offer.rejected", reservationId: driver.all("offer")[1]?.reservationId ?? "", cause: "failed" });
    driver.advance(4_000);
    expect(driver.all("rescind").at(-1)).toMatchObject({ agentId: "late", reason: "no-answer" });
  });

  it("the time to ring ends for all at once: each has missed it, the caller waits again, and who comes first is asked first", () => {
    const driver = acd({ strategy: "ring-all", ringMs: 10_000, noAnswerDelayMs: 5_000, rejectDelayMs: 60_000 }, 3);
    driver.call("c");
    driver.send({ type: "offer.rejected", reservationId: driver.of("offer")[1]?.reservationId ?? "", cause: "declined" });
    driver.advance(10_000);
    expect(driver.of("rescind").map(({ agentId, reason }) => [agentId, reason])).toEqual([["a0", "no-answer"], ["a2", "no-answer"]]);
    expect(driver.of("requeued").map(({ agentId, ringing }) => [agentId, ringing])).toEqual([["a0", 1], ["a2", 0]]);
    expect(["a0", "a2"].map((id) => agentView(driver.state, id)?.status)).toEqual(["held", "held"]);
    expect([driver.state.reservations.size, [...driver.timers.keys()].filter((id) => id.startsWith("offer:"))]).toEqual([0, []]);
    driver.advance(5_000);
    expect(driver.all("offer").slice(3).map(({ agentId }) => agentId)).toEqual(["a0", "a2"]);
  });

  it("what comes for an offer that is over, or never was, changes nothing, though others of its round still ring", () => {
    const driver = acd({ strategy: "ring-all" }, 3, { reservationPrefix: "n1.r" });
    driver.call("c");
    const [first = "", second = ""] = driver.of("offer").map(({ reservationId }) => reservationId);
    driver.send({ type: "offer.rejected", reservationId: second, cause: "declined" });
    for (const reservationId of [second, `${first}.`, `${first}.0`, `${first}.00`, `${first}.3`, `${first}.-1`, `${first}.x`, `${first}.2.1`, "n1.r", "", "x"]) {
      expect([reservationId, driver.send({ type: "offer.accepted", reservationId })]).toEqual([reservationId, []]);
      expect(driver.send({ type: "offer.picked-up", reservationId, agentId: "a1" })).toEqual([]);
    }
    expect(driver.state.reservations.values().map(({ agent }) => agent.id)).toEqual(["a0", "a2"]);
    driver.send({ type: "offer.accepted", reservationId: first });
    expect(driver.of("connect")).toMatchObject([{ agentId: "a0" }]);
  });

  it("who serves on demand is rung along with nobody but their like", () => {
    const driver = acd({ strategy: "ring-all", onDemandAfterMs: 0 });
    for (let n = 0; n < 20; n++) driver.agent(`d${n}`);
    for (let n = 0; n < 20; n++) driver.send({ type: "agent.state", agentId: `d${n}`, state: "on-demand" });
    driver.call("c");
    expect(driver.of("offer")).toHaveLength(20);
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.agent("regular");
    driver.call("d");
    expect(driver.of("offer").map(({ agentId }) => agentId)).toEqual(["regular"]);
  });
});

describe("ring-progressively", () => {
  it("rings one more every so often while the earlier ones go on", () => {
    const driver = acd({ strategy: "ring-progressively", progressMs: 5000, ringMs: 60_000 }, 3);
    driver.call("c");
    const ringing = (): string[] => [...driver.state.reservations.values()].map((reservation) => reservation.agent.id);
    expect(ringing()).toEqual(["a0"]);
    driver.advance(5000);
    expect(ringing()).toEqual(["a0", "a1"]);
    driver.advance(5000);
    expect(ringing()).toEqual(["a0", "a1", "a2"]);
    driver.send({ type: "offer.accepted", reservationId: driver.all("offer")[0]?.reservationId ?? "" });
    driver.advance(10_000);
    driver.send({ type: "offer.connected", reservationId: driver.all("offer")[0]?.reservationId ?? "" });
    expect(ringing()).toEqual([]);
    expect([...driver.state.timers.values()].filter((timer) => timer.kind === "widen")).toEqual([]);
  });
});
