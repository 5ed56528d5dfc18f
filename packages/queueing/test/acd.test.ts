import { describe, expect, it } from "vitest";
import { agentView, aheadOf, interactionView, queueView, QueueingError } from "../src/index.js";
import { acd, Driver } from "./driver.js";

const status = (driver: Driver, id: string): string | undefined => agentView(driver.state, id)?.status;

describe("one call", () => {
  it("goes to the agent idle longest, is answered, talked, wrapped up, and the agent is free again", () => {
    const driver = acd({}, 2);
    driver.call("c");
    expect(driver.of("offer")).toMatchObject([{ agentId: "a0", queue: "q", ringMs: 20_000, attempt: 1 }]);
    driver.advance(3000);
    const offer = driver.offerOf("c");
    driver.send({ type: "offer.accepted", reservationId: offer.reservationId });
    expect(driver.of("connect")).toMatchObject([{ agentId: "a0", waitMs: 3000 }]);
    expect(status(driver, "a0")).toBe("reserved");
    driver.send({ type: "offer.connected", reservationId: offer.reservationId });
    expect(driver.of("left")).toMatchObject([{ outcome: "answered", agentId: "a0", waitMs: 3000 }]);
    expect(status(driver, "a0")).toBe("busy");
    driver.advance(60_000);
    driver.send({ type: "interaction.ended", interactionId: "c" });
    expect(driver.of("ended")).toMatchObject([{ agentId: "a0", talkMs: 60_000 }]);
    expect(status(driver, "a0")).toBe("wrap-up");
    driver.advance(9_999);
    expect(status(driver, "a0")).toBe("wrap-up");
    driver.advance(1);
    expect(status(driver, "a0")).toBe("available");
    driver.call("d");
    expect(driver.of("offer")).toMatchObject([{ agentId: "a1" }]);
  });

  it("waits until an agent's wrap-up is done, then is offered at once", () => {
    const driver = acd({ wrapUpMs: 10_000 }, 1);
    driver.call("c");
    driver.answer("c");
    driver.call("d");
    expect(interactionView(driver.state, "d")?.state).toBe("waiting");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    expect(driver.of("offer")).toEqual([]);
    driver.send({ type: "agent.wrap-up-extended", agentId: "a0", ms: 5000 });
    driver.advance(10_000);
    expect(driver.of("offer")).toEqual([]);
    driver.advance(5_000);
    expect(driver.of("offer")).toMatchObject([{ interactionId: "d" }]);
  });

  it("ends wrap-up early when done, or when the agent says ready", () => {
    for (const event of [{ type: "agent.wrap-up-done", agentId: "a0" }, { type: "agent.state", agentId: "a0", state: "available" }] as const) {
      const driver = acd({}, 1);
      driver.call("c");
      driver.answer("c");
      driver.send({ type: "interaction.ended", interactionId: "c" });
      driver.send(event);
      expect(status(driver, "a0")).toBe("available");
    }
  });

  it("lets a choice made during the call take effect after it", () => {
    const driver = acd({}, 1);
    driver.call("c");
    driver.answer("c");
    driver.send({ type: "agent.state", agentId: "a0", state: "not-ready", reason: "meal" });
    expect(status(driver, "a0")).toBe("busy");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.advance(10_000);
    expect(status(driver, "a0")).toBe("not-ready");
    expect(driver.all("agent-status").at(-1)).toMatchObject({ to: "not-ready", reason: "meal" });
  });
});

describe("an agent fails", () => {
  it.each(["declined", "busy", "failed", "no-answer"] as const)("%s: the next agent is rung at once and the caller keeps the place", (cause) => {
    const driver = acd({}, 2);
    driver.call("c");
    driver.advance(100);
    driver.call("later");
    driver.call("last");
    driver.send({ type: "offer.rejected", reservationId: driver.offerOf("later").reservationId, cause });
    // Nobody else is free: back in front of `last`.
    expect(aheadOf(driver.state, "later")).toBe(0);
    expect(aheadOf(driver.state, "last")).toBe(1);
    driver.send({ type: "offer.rejected", reservationId: driver.offerOf("c").reservationId, cause });
    expect(aheadOf(driver.state, "c")).toBe(0);
    driver.agent("fresh");
    expect(driver.of("offer")).toMatchObject([{ interactionId: "c", agentId: "fresh", attempt: 2 }]);
  });

  it("does not ring the same agent again before the pause is over, then does when nobody else is there", () => {
    const driver = acd({ rejectDelayMs: 5000 }, 1);
    driver.call("c");
    driver.send({ type: "offer.rejected", reservationId: driver.offerOf("c").reservationId, cause: "declined" });
    expect(status(driver, "a0")).toBe("held");
    driver.advance(4_999);
    expect(driver.all("offer")).toHaveLength(1);
    driver.advance(1);
    expect(driver.all("offer")).toHaveLength(2);
  });

  it("prefers agents who have not yet missed this caller", () => {
    const driver = acd({ noAnswerDelayMs: 0, strategy: "top-down" }, 2);
    driver.call("c");
    expect(driver.offerOf("c").agentId).toBe("a0");
    driver.send({ type: "offer.rejected", reservationId: driver.offerOf("c").reservationId, cause: "declined" });
    expect(driver.offerOf("c").agentId).toBe("a1");
    driver.send({ type: "agent.state", agentId: "a0", state: "available" });
    driver.send({ type: "offer.rejected", reservationId: driver.offerOf("c").reservationId, cause: "declined" });
    expect(driver.offerOf("c").agentId).toBe("a0");
  });

  it("rings for the ring time only, then the next", () => {
    const driver = acd({ ringMs: 20_000 }, 2);
    driver.call("c");
    driver.advance(19_999);
    expect(driver.all("rescind")).toEqual([]);
    driver.advance(1);
    expect(driver.all("rescind")).toMatchObject([{ agentId: "a0", reason: "no-answer" }]);
    expect(driver.offerOf("c").agentId).toBe("a1");
  });

  it("pauses an agent who misses calls in a row, until the phone signs on anew or the agent says ready", () => {
    const driver = acd({ pauseAfterMisses: 2, noAnswerDelayMs: 0 }, 1);
    driver.call("c");
    driver.advance(40_000);
    expect(driver.all("auto-paused")).toMatchObject([{ agentId: "a0", misses: 2 }]);
    expect(agentView(driver.state, "a0")).toMatchObject({ status: "not-ready", reason: "no-answer", autoPaused: true });
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: false });
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: true });
    expect(driver.offerOf("c").agentId).toBe("a0");
  });

  it("never pauses by default, and an answer forgives earlier misses", () => {
    const driver = acd({ pauseAfterMisses: 2, noAnswerDelayMs: 0, wrapUpMs: 0 }, 1);
    for (const id of ["c", "d"]) {
      driver.call(id);
      driver.advance(20_000);
      driver.answer(id);
      driver.send({ type: "interaction.ended", interactionId: id });
    }
    expect(driver.all("auto-paused")).toEqual([]);
    const plain = acd({}, 1);
    plain.call("c");
    plain.advance(600_000);
    expect(plain.all("auto-paused")).toEqual([]);
    expect(plain.all("offer").length).toBeGreaterThan(20);
  });

  it("waits longer after each failure of a dead phone, up to a minute", () => {
    const driver = acd({ failDelayMs: 1000 }, 1);
    driver.call("c");
    const offeredAt: number[] = [];
    for (let i = 0; i < 10; i++) {
      offeredAt.push(driver.now);
      driver.send({ type: "offer.rejected", reservationId: driver.offerOf("c").reservationId, cause: "failed" });
      const before = driver.all("offer").length;
      while (driver.all("offer").length === before) driver.fireNext();
    }
    expect(offeredAt.slice(1).map((at, index) => at - (offeredAt[index] ?? 0))).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("takes the offer back when the phone unregisters while ringing, and not when it does so while talking", () => {
    const driver = acd({}, 2);
    driver.call("c");
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: false });
    expect(driver.of("rescind")).toMatchObject([{ agentId: "a0", reason: "agent-unreachable" }]);
    expect(driver.offerOf("c").agentId).toBe("a1");
    driver.answer("c");
    driver.send({ type: "agent.reachable", agentId: "a1", reachable: false });
    expect(status(driver, "a1")).toBe("busy");
    expect(interactionView(driver.state, "c")?.state).toBe("connected");
  });

  it("puts the caller back when the agent's leg is lost between answer and talk", () => {
    const driver = acd({}, 2);
    driver.call("c");
    const { reservationId } = driver.offerOf("c");
    driver.send({ type: "offer.accepted", reservationId });
    driver.send({ type: "offer.rejected", reservationId, cause: "failed" });
    expect(driver.offerOf("c").agentId).toBe("a1");
    expect(driver.all("left")).toEqual([]);
  });

  it("does not let an answered offer hang when the legs are never joined", () => {
    const driver = acd({ connectMs: 20_000 }, 1);
    driver.call("c");
    driver.send({ type: "offer.accepted", reservationId: driver.offerOf("c").reservationId });
    driver.advance(20_000);
    expect(driver.all("rescind")).toMatchObject([{ reason: "connect-timeout" }]);
    expect(interactionView(driver.state, "c")).toBeDefined();
  });
});

describe("the caller goes", () => {
  it("while ringing: the agent is let go at once and keeps the place among the idle", () => {
    const driver = acd({}, 2);
    driver.call("c");
    driver.advance(2000);
    driver.send({ type: "interaction.ended", interactionId: "c" });
    expect(driver.of("rescind")).toMatchObject([{ agentId: "a0", reason: "caller-gone" }]);
    expect(driver.of("left")).toMatchObject([{ outcome: "abandoned", waitMs: 2000 }]);
    expect(status(driver, "a0")).toBe("available");
    driver.call("d");
    expect(driver.offerOf("d").agentId).toBe("a0");
  });

  it("at the moment of the answer, in both orders", () => {
    const first = acd({}, 1);
    first.call("c");
    const one = first.offerOf("c").reservationId;
    first.send({ type: "offer.accepted", reservationId: one });
    first.send({ type: "interaction.ended", interactionId: "c" });
    expect(first.of("rescind")).toMatchObject([{ reason: "caller-gone" }]);
    expect(first.of("left")).toMatchObject([{ outcome: "abandoned" }]);
    first.send({ type: "offer.connected", reservationId: one });
    expect(first.last).toEqual([]);
    expect(status(first, "a0")).toBe("available");

    const second = acd({}, 1);
    second.call("c");
    const other = second.offerOf("c").reservationId;
    second.send({ type: "interaction.ended", interactionId: "c" });
    second.send({ type: "offer.accepted", reservationId: other });
    expect(second.last).toEqual([]);
    expect(status(second, "a0")).toBe("available");
  });

  it("by a key: exit, also while an agent is rung, but not once connected", () => {
    const driver = acd({}, 1);
    driver.call("c");
    driver.call("d");
    driver.send({ type: "interaction.exited", interactionId: "d" });
    expect(driver.of("left")).toMatchObject([{ interactionId: "d", outcome: "exit" }]);
    driver.answer("c");
    driver.send({ type: "interaction.exited", interactionId: "c" });
    expect(driver.last).toEqual([]);
  });

  it("and comes back in time: the place is regained once; too late or another queue: not", () => {
    const driver = acd({ regainMs: 60_000 });
    driver.send({ type: "queue.configured", queue: { key: "other", regainMs: 60_000 } });
    driver.call("a", { callerKey: "K" });
    driver.advance(1000);
    driver.call("b");
    driver.send({ type: "interaction.ended", interactionId: "a" });
    driver.advance(59_000);
    driver.call("elsewhere", { callerKey: "K", queue: "other" });
    expect(driver.of("entered")).toMatchObject([{ regained: false }]);
    driver.call("a2", { callerKey: "K" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, ahead: 0 }]);
    driver.call("a3", { callerKey: "K" });
    expect(driver.of("entered")).toMatchObject([{ regained: false, ahead: 2 }]);
    driver.send({ type: "interaction.ended", interactionId: "a2" });
    driver.advance(60_001);
    driver.call("a4", { callerKey: "K" });
    expect(driver.of("entered")).toMatchObject([{ regained: false }]);
  });

  it("regains a place an earlier process left behind", () => {
    const driver = acd({ regainMs: 60_000 });
    driver.call("b");
    driver.send({ type: "place.restored", callerKey: "K", queue: "q", placeAt: driver.now - 30_000, leftAt: driver.now - 10_000 });
    driver.call("c", { callerKey: "K" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, ahead: 0 }]);
  });

  it("a changed priority goes with the place: in this process, from an earlier one, and with a place that is given back", () => {
    const driver = acd({ regainMs: 60_000 });
    driver.call("b", { priority: 3 });
    driver.call("c", { priority: 1, callerKey: "K" });
    driver.send({ type: "interaction.priority", interactionId: "c", priority: 6 });
    driver.send({ type: "interaction.priority", interactionId: "c", priority: 5 });
    driver.send({ type: "interaction.ended", interactionId: "c" });
    expect(driver.of("left")).toMatchObject([{ raisedBy: 4 }]);
    // As much more than what is brought this time.
    driver.call("d", { priority: 2, callerKey: "K" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, priority: 6, raisedBy: 4, ahead: 0 }]);
    driver.send({ type: "interaction.exited", interactionId: "d" });
    driver.send({ type: "place.restored", callerKey: "L", queue: "q", placeAt: driver.now, leftAt: driver.now, raisedBy: -2 });
    driver.call("e", { priority: 4, callerKey: "L" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, priority: 2, raisedBy: -2, ahead: 1 }]);
    driver.call("f", { priority: 1, placeAt: driver.now - 1_000, raisedBy: 9 });
    expect(driver.of("entered")).toMatchObject([{ priority: 10, raisedBy: 9, ahead: 0 }]);
    // Without a place it counts for nothing.
    driver.call("g", { priority: 1, raisedBy: 9 });
    expect(driver.of("entered")).toMatchObject([{ priority: 1, raisedBy: 0 }]);
  });
});

describe("after-call work of an earlier process", () => {
  it("goes on, whatever was chosen for afterwards; what is over of it counts for the longest", () => {
    const driver = acd({}, 1, { wrapUpMaxMs: 60_000 });
    driver.send({ type: "agent.wrap-up-restored", agentId: "a0", ms: 20_000, spentMs: 30_000 });
    expect(status(driver, "a0")).toBe("wrap-up");
    driver.call("c");
    expect(driver.of("offer")).toEqual([]);
    driver.send({ type: "agent.wrap-up-extended", agentId: "a0", ms: 60_000 });
    driver.advance(29_999);
    expect(status(driver, "a0")).toBe("wrap-up");
    driver.advance(1);
    expect(driver.all("auto-paused")).toMatchObject([{ agentId: "a0", cause: "wrap-up" }]);
  });

  it("nobody is taken from what they are at by it", () => {
    const driver = acd({ wrapUpMs: 10_000 }, 1);
    driver.call("c");
    driver.send({ type: "agent.wrap-up-restored", agentId: "a0", ms: 20_000, spentMs: 0 });
    driver.answer("c");
    driver.send({ type: "agent.wrap-up-restored", agentId: "a0", ms: 20_000, spentMs: 0 });
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.send({ type: "agent.wrap-up-restored", agentId: "a0", ms: 20_000, spentMs: 0 });
    driver.send({ type: "agent.wrap-up-restored", agentId: "a1", ms: 20_000, spentMs: 0 });
    driver.advance(10_000);
    expect(status(driver, "a0")).toBe("available");
    for (const ms of [0, -1, NaN, Infinity]) driver.send({ type: "agent.wrap-up-restored", agentId: "a0", ms, spentMs: 0 });
    expect(status(driver, "a0")).toBe("available");
  });
});

describe("limits of the queue", () => {
  it("max wait: out in time; a caller whose agent is being rung keeps the chance", () => {
    const driver = acd({ maxWaitMs: 30_000, ringMs: 20_000 });
    driver.call("c");
    driver.advance(20_000);
    driver.agent("a");
    driver.advance(15_000);
    expect(driver.all("left")).toEqual([]);
    driver.answer("c");
    expect(driver.of("left")).toMatchObject([{ outcome: "answered" }]);
    driver.call("d");
    driver.advance(30_000);
    expect(driver.all("left").at(-1)).toMatchObject({ interactionId: "d", outcome: "timeout", waitMs: 30_000 });

    const missed = acd({ maxWaitMs: 30_000, ringMs: 20_000 });
    missed.call("c");
    missed.advance(20_000);
    missed.agent("a");
    missed.advance(20_000);
    expect(missed.all("left")).toMatchObject([{ outcome: "timeout", waitMs: 40_000 }]);
  });

  it("max length counts those waiting and ringing; 0 lets in only who finds a free agent", () => {
    const driver = acd({ maxLength: 1 }, 1);
    driver.call("c");
    driver.call("d");
    expect(driver.of("left")).toMatchObject([{ interactionId: "d", outcome: "full" }]);
    driver.answer("c");
    driver.call("e");
    expect(interactionView(driver.state, "e")?.state).toBe("waiting");
    const none = acd({ maxLength: 0 }, 1);
    none.call("c");
    expect(none.of("offer")).toHaveLength(1);
    none.call("d");
    expect(none.of("left")).toMatchObject([{ outcome: "full" }]);
  });

  it("nobody staffed: not let in, or sent on after the grace, unless someone comes", () => {
    const closed = acd({ joinEmpty: false });
    closed.call("c");
    expect(closed.of("left")).toMatchObject([{ outcome: "no-agents" }]);

    const driver = acd({ joinEmpty: false, leaveEmpty: true, emptyGraceMs: 30_000 }, 1);
    driver.call("c");
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: false });
    driver.advance(29_000);
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: true });
    expect(driver.offerOf("c").agentId).toBe("a0");
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: false });
    driver.advance(30_000);
    expect(driver.all("left")).toMatchObject([{ outcome: "no-agents" }]);
  });

  it("callers who stay though nobody is there are not all looked at each time one comes", () => {
    const driver = acd({ leaveEmpty: false });
    const line = driver.state.queues.get("q")?.line ?? [];
    let looked = 0;
    line.some = (asks) => line.find((each, index) => (looked++, asks(each, index, line))) !== undefined;
    for (let i = 0; i < 100; i++) driver.call(`c${i}`);
    expect(line).toHaveLength(100);
    expect(looked).toBe(0);
  });

  it("counts not-ready agents as staff or not, as configured", () => {
    for (const [staff, expected] of [["reachable", undefined], ["ready", "no-agents"]] as const) {
      const driver = acd({ joinEmpty: false, staff }, 1);
      driver.send({ type: "agent.state", agentId: "a0", state: "not-ready" });
      driver.call("c");
      expect(driver.of("left")[0]?.outcome).toBe(expected);
    }
  });

  it("frozen: no new entries, those inside are served; removed: those waiting are sent on", () => {
    const driver = acd();
    driver.call("c");
    driver.send({ type: "queue.frozen", queue: "q", frozen: true });
    driver.call("d");
    expect(driver.of("left")).toMatchObject([{ interactionId: "d", outcome: "closed" }]);
    driver.agent("a");
    expect(driver.offerOf("c").agentId).toBe("a");
    driver.send({ type: "queue.removed", queue: "q" });
    driver.send({ type: "offer.rejected", reservationId: driver.offerOf("c").reservationId, cause: "declined" });
    expect(driver.of("left")).toMatchObject([{ interactionId: "c", outcome: "closed" }]);
    driver.call("e");
    expect(driver.of("left")).toMatchObject([{ outcome: "unknown-queue" }]);
  });

  it("announces the place at intervals while waiting", () => {
    const driver = acd({ announceFirstMs: 0, announceEveryMs: 30_000 });
    driver.call("c");
    driver.call("d");
    driver.advance(0);
    expect(driver.all("announce").map((effect) => [effect.interactionId, effect.ahead, effect.nth])).toEqual([["c", 0, 1], ["d", 1, 1]]);
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.advance(30_000);
    expect(driver.all("announce").at(-1)).toMatchObject({ interactionId: "d", ahead: 0, nth: 2 });
    driver.agent("a");
    driver.answer("d");
    const before = driver.all("announce").length;
    driver.advance(60_000);
    expect(driver.all("announce")).toHaveLength(before);
  });
});

describe("several queues and skills", () => {
  it.each(["constructor", "toString", "valueOf"])("a skill called %s, which every object inherits, is had by those who have it", (skill) => {
    const driver = acd({}, 1);
    driver.call("c", { skills: { [skill]: 1 } });
    expect(driver.all("offer")).toEqual([]);
    driver.agent("able", ["q"], { skills: { [skill]: 2 } });
    expect(driver.offerOf("c").agentId).toBe("able");
  });

  it("serves the heavier queue first, then the agent's own weights, then who came first", () => {
    const driver = new Driver();
    driver.send({ type: "queue.configured", queue: { key: "heavy", weight: 5 } });
    driver.send({ type: "queue.configured", queue: { key: "q", wrapUpMs: 0 } });
    driver.send({ type: "queue.configured", queue: { key: "mine" } });
    driver.call("plain");
    driver.call("own", { queue: "mine" });
    driver.call("important", { queue: "heavy" });
    driver.agent("a", ["q", { queue: "mine", weight: 3 }, "heavy"], { wrapUpMs: 0 });
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      const id = driver.all("offer").at(-1)?.interactionId ?? "";
      order.push(id);
      driver.answer(id);
      driver.send({ type: "interaction.ended", interactionId: id });
    }
    expect(order).toEqual(["important", "own", "plain"]);
  });

  it("has no head-of-line blocking: who needs a rare skill does not hold up the others", () => {
    const driver = acd();
    driver.call("rare", { skills: { english: 3 } });
    driver.call("plain");
    driver.agent("weak", ["q"], { skills: { english: 2 } });
    expect(driver.of("offer")).toMatchObject([{ interactionId: "plain" }]);
    driver.agent("strong", ["q"], { skills: { english: 3 } });
    expect(driver.of("offer")).toMatchObject([{ interactionId: "rare", agentId: "strong" }]);
  });

  it("relaxes skills after a wait, for callers already waiting too", () => {
    const driver = acd({ skills: { pension: 1 }, relaxSkillsAfterMs: 20_000 }, 1);
    driver.call("c");
    driver.advance(19_999);
    expect(driver.all("offer")).toEqual([]);
    driver.advance(1);
    expect(driver.all("offer")).toHaveLength(1);
    const changed = acd({ skills: { pension: 1 } }, 1);
    changed.call("c");
    changed.send({ type: "queue.configured", queue: { key: "q" } });
    expect(changed.of("offer")).toHaveLength(1);
  });

  it("overflows to other queues' agents after a wait and keeps the place at home", () => {
    const driver = new Driver();
    driver.send({ type: "queue.configured", queue: { key: "q", overflow: [{ afterMs: 10_000, queues: ["spare"] }] } });
    driver.send({ type: "queue.configured", queue: { key: "spare" } });
    driver.agent("s", ["spare"]);
    driver.call("c");
    driver.advance(9_999);
    expect(driver.all("offer")).toEqual([]);
    driver.advance(1);
    expect(driver.all("overflowed")).toMatchObject([{ interactionId: "c", queues: ["spare"] }]);
    expect(driver.all("offer")).toMatchObject([{ agentId: "s", queue: "spare" }]);
    expect(queueView(driver.state, "spare")?.waiting).toBe(0);
  });

  it("rings the preferred agent first when free", () => {
    const driver = acd({}, 3);
    driver.call("c", { preferredAgent: "a2" });
    expect(driver.offerOf("c").agentId).toBe("a2");
    driver.call("d", { preferredAgent: "a2" });
    expect(driver.offerOf("d").agentId).toBe("a0");
  });

  it("priorities: strict, or worth a span of waiting", () => {
    const strict = acd();
    strict.call("old");
    strict.advance(60_000);
    strict.call("urgent", { priority: 1 });
    expect(aheadOf(strict.state, "urgent")).toBe(0);
    strict.send({ type: "interaction.priority", interactionId: "old", priority: 2 });
    expect(aheadOf(strict.state, "old")).toBe(0);

    const aged = new Driver({ priorityWorthMs: 30_000 });
    aged.send({ type: "queue.configured", queue: { key: "q" } });
    aged.call("old");
    aged.advance(31_000);
    aged.call("urgent", { priority: 1 });
    expect(aheadOf(aged.state, "urgent")).toBe(1);
  });
});

describe("configuration", () => {
  it("refuses unknown strategies and impossible figures with a code, and changes nothing", () => {
    const driver = acd();
    for (const queue of [{ key: "x", strategy: "ring-everyone" }, { key: "x", ringMs: 0 }, { key: "x", maxWaitMs: Number.NaN }, { key: "" }, { key: "x", wrapUpMs: -1 }]) {
      expect(() => driver.send({ type: "queue.configured", queue })).toThrow(QueueingError);
    }
    expect(queueView(driver.state, "x")).toBeUndefined();
    expect(() => driver.send({ type: "agent.configured", agent: { id: "a", queues: [{ queue: "q", weight: 0 }] } })).toThrow(/weight/);
    expect(() => driver.send({ type: "agent.configured", agent: { id: "a", queues: [{ queue: "q", tier: 0.5 }] } })).toThrow(/tier/);
    expect(agentView(driver.state, "a")).toBeUndefined();
  });

  it("removes an agent after the call, and lets go of a ringing one", () => {
    const driver = acd({}, 2);
    driver.call("c");
    driver.answer("c");
    driver.call("d");
    driver.send({ type: "agent.removed", agentId: "a1" });
    expect(driver.of("rescind")).toMatchObject([{ agentId: "a1", reason: "removed" }]);
    driver.send({ type: "agent.removed", agentId: "a0" });
    expect(status(driver, "a0")).toBe("busy");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    expect(agentView(driver.state, "a0")).toBeUndefined();
    expect(interactionView(driver.state, "d")?.state).toBe("waiting");
  });

  it("an agent on another call is not rung", () => {
    const driver = acd({}, 1);
    driver.send({ type: "agent.occupied", agentId: "a0", occupied: true });
    driver.call("c");
    expect(driver.of("offer")).toEqual([]);
    driver.send({ type: "agent.occupied", agentId: "a0", occupied: false });
    expect(driver.of("offer")).toHaveLength(1);
  });
});
