import { describe, expect, it } from "vitest";
import { agentView, couldBeOffered, interactionView, queueView, QueueingError } from "../src/index.js";
import { acd, type Driver } from "./driver.js";

const status = (driver: Driver, id: string): string | undefined => agentView(driver.state, id)?.status;
const choose = (driver: Driver, id: string, state: "available" | "on-demand" | "not-ready" | "offline"): void => void driver.send({ type: "agent.state", agentId: id, state });

describe("on demand", () => {
  it("is rung only when nobody else is free, whoever has been idle longer", () => {
    const driver = acd({ wrapUpMs: 0 }, 2);
    choose(driver, "a0", "on-demand");
    expect(status(driver, "a0")).toBe("on-demand");
    driver.call("c");
    expect(driver.answer("c")).toBe("a1");
    driver.call("d");
    expect(driver.answer("d")).toBe("a0");
    driver.send({ type: "interaction.ended", interactionId: "d" });
    expect(status(driver, "a0")).toBe("on-demand");
  });

  it("takes what is directed at the agent, though others are free", () => {
    const driver = acd({}, 2);
    choose(driver, "a0", "on-demand");
    driver.call("c", { preferredAgent: "a0" });
    expect(driver.offerOf("c").agentId).toBe("a0");
  });

  it("waits as the queue says, or takes nothing but directed calls", () => {
    const later = acd({ onDemandAfterMs: 30_000 }, 1);
    choose(later, "a0", "on-demand");
    later.call("c");
    later.advance(29_999);
    expect(interactionView(later.state, "c")?.state).toBe("waiting");
    later.advance(1);
    expect(later.offerOf("c").agentId).toBe("a0");

    const never = acd({ onDemandAfterMs: null, joinEmpty: false }, 1);
    choose(never, "a0", "on-demand");
    expect(queueView(never.state, "q")?.staffed).toBe(0);
    never.call("c");
    expect(never.of("left")).toMatchObject([{ outcome: "no-agents" }]);
  });

  it("is not rung along with the others, but when they have all dropped out", () => {
    const driver = acd({ strategy: "ring-all" }, 3);
    choose(driver, "a0", "on-demand");
    driver.call("c");
    expect(driver.of("offer").map((offer) => offer.agentId)).toEqual(["a1", "a2"]);
    for (const { reservationId } of driver.of("offer")) driver.send({ type: "offer.rejected", reservationId, cause: "declined" });
    expect(driver.offerOf("c").agentId).toBe("a0");
  });

  it("is paused for missed calls and is on demand again when the phone comes back", () => {
    const driver = acd({ pauseAfterMisses: 2, noAnswerDelayMs: 0, ringMs: 1000 }, 1);
    choose(driver, "a0", "on-demand");
    driver.call("c");
    driver.advance(2000);
    expect(driver.all("auto-paused")).toMatchObject([{ agentId: "a0", cause: "no-answer", misses: 2 }]);
    expect(status(driver, "a0")).toBe("not-ready");
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: false });
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: true });
    expect(agentView(driver.state, "a0")?.choice).toBe("on-demand");
  });
});

describe("who could be offered something", () => {
  it("is there, ready and has room for it: whoever writes for a call too, whoever talks for nothing the rules exclude", () => {
    const driver = acd({ wrapUpMs: 10_000 }, 0);
    driver.agent("a0", ["q"], { capacity: { channels: { voice: 1, chat: 2 }, rules: [{ while: "voice", exclude: ["chat"] }] } });
    driver.agent("none", []);
    const could = (): readonly boolean[] => ["voice", "chat", "email"].map((channel) => couldBeOffered(driver.state, "a0", channel));
    expect(could()).toEqual([true, true, true]);
    expect([couldBeOffered(driver.state, "none", "voice"), couldBeOffered(driver.state, "nobody", "voice")]).toEqual([false, false]);
    driver.call("c1", { channel: "chat" });
    // Who is being asked is asked nothing else.
    expect(could()).toEqual([false, false, false]);
    driver.answer("c1");
    expect(could()).toEqual([true, true, true]);
    driver.call("c2", { channel: "chat" });
    driver.answer("c2");
    expect(could()).toEqual([true, false, true]);
    driver.call("v");
    driver.answer("v");
    expect(could()).toEqual([false, false, true]);
    for (const id of ["v", "c1", "c2"]) driver.send({ type: "interaction.ended", interactionId: id });
    expect([status(driver, "a0"), ...could()]).toEqual(["wrap-up", false, false, false]);
    driver.advance(10_000);
    expect(could()).toEqual([true, true, true]);
    for (const state of ["not-ready", "offline"] as const) {
      choose(driver, "a0", state);
      expect(could()).toEqual([false, false, false]);
    }
    choose(driver, "a0", "on-demand");
    expect(could()).toEqual([true, true, true]);
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: false });
    expect(could()).toEqual([false, false, false]);
  });
});

describe("capacity", () => {
  const withRoom = { channels: { voice: 1, chat: 3, email: 1 }, rules: [{ while: "voice", exclude: ["chat"] }] };
  function team(extra: Parameters<Driver["agent"]>[2] = { capacity: withRoom }): Driver {
    const driver = acd({ wrapUpMs: 0 });
    driver.agent("a", ["q"], extra);
    return driver;
  }

  it("gives one thing at a time where nothing is said", () => {
    const driver = team({});
    driver.call("c1", { channel: "chat" });
    driver.answer("c1");
    driver.call("c2", { channel: "chat" });
    expect(interactionView(driver.state, "c2")?.state).toBe("waiting");
  });

  it("gives three chats, a mail and a call, one offer after the other, and no second call", () => {
    const driver = team();
    for (const id of ["c1", "c2", "c3", "c4"]) driver.call(id, { channel: "chat" });
    driver.call("m1", { channel: "email" });
    expect(driver.state.reservations.size).toBe(1);
    for (const id of ["c1", "c2", "c3"]) driver.answer(id);
    expect(driver.offerOf("m1").agentId).toBe("a");
    driver.answer("m1");
    driver.call("v1");
    driver.answer("v1");
    driver.call("v2");
    expect(agentView(driver.state, "a")?.interactions.map(({ id }) => id)).toEqual(["v1", "c1", "c2", "c3", "m1"]);
    expect([interactionView(driver.state, "c4")?.state, interactionView(driver.state, "v2")?.state]).toEqual(["waiting", "waiting"]);
    // A chat less, but the call excludes chats; only its end lets the next one in.
    driver.send({ type: "interaction.ended", interactionId: "c1" });
    expect(driver.of("offer")).toEqual([]);
    driver.send({ type: "interaction.ended", interactionId: "v2" });
    driver.send({ type: "interaction.ended", interactionId: "v1" });
    expect(driver.offerOf("c4").agentId).toBe("a");
  });

  it("is no agent free for a call while it lasts, however many chats there is room for besides", () => {
    const talksAndWrites = { channels: { voice: 1, chat: 3 } };
    const driver = acd({ wrapUpMs: 0 });
    driver.agent("a", ["q"], { capacity: talksAndWrites });
    driver.agent("b", ["q"], { capacity: talksAndWrites });
    const free = (): unknown[] => [queueView(driver.state, "q")?.available, queueView(driver.state, "q")?.expectedWaitMs === 0];
    expect(free()).toEqual([2, true]);
    driver.call("v1");
    driver.answer("v1");
    expect(free()).toEqual([1, true]);
    driver.call("v2");
    driver.answer("v2");
    expect(free()).toEqual([0, false]);
    // Both have room for a chat all the same.
    driver.call("c1", { channel: "chat" });
    expect(driver.offerOf("c1").agentId).toBe("a");
    driver.answer("c1");
    expect(free()).toEqual([0, false]);
    driver.send({ type: "interaction.ended", interactionId: "v1" });
    expect(free()).toEqual([1, true]);
  });

  it("chats that wait because everybody writes enough do not make callers wait", () => {
    const driver = acd({ wrapUpMs: 0 });
    driver.agent("a", ["q"], { capacity: { channels: { voice: 1, chat: 1 } } });
    for (const id of ["c1", "c2", "c3"]) driver.call(id, { channel: "chat" });
    driver.answer("c1");
    expect(queueView(driver.state, "q")).toMatchObject({ waiting: 2, available: 1, expectedWaitMs: 0 });
  });

  it("in a queue of which nobody takes calls, who has room for anything is free", () => {
    const driver = acd({ wrapUpMs: 0 });
    driver.agent("a", ["q"], { capacity: { channels: { voice: 0, email: 2 }, total: 2 } });
    driver.call("m1", { channel: "email" });
    driver.answer("m1");
    expect(queueView(driver.state, "q")).toMatchObject({ available: 1, expectedWaitMs: 0 });
    driver.call("m2", { channel: "email" });
    driver.answer("m2");
    expect(queueView(driver.state, "q")?.available).toBe(0);
  });

  it("is `busy` and offered more, until the total is reached", () => {
    const driver = team({ capacity: { channels: { "*": 5 }, total: 2 } });
    for (const id of ["c1", "c2", "c3"]) driver.call(id, { channel: "chat" });
    driver.answer("c1");
    driver.answer("c2");
    expect(status(driver, "a")).toBe("busy");
    expect(interactionView(driver.state, "c3")?.state).toBe("waiting");
    driver.send({ type: "interaction.ended", interactionId: "c2" });
    expect(driver.offerOf("c3").agentId).toBe("a");
  });

  it("offers nothing during after-call work, though the chats go on", () => {
    const driver = acd({ wrapUpMs: 10_000 });
    driver.agent("a", ["q"], { capacity: withRoom });
    driver.call("c1", { channel: "chat" });
    driver.answer("c1");
    driver.call("v1");
    driver.answer("v1");
    driver.send({ type: "interaction.ended", interactionId: "v1" });
    expect(status(driver, "a")).toBe("wrap-up");
    driver.call("c2", { channel: "chat" });
    driver.advance(9_999);
    expect(interactionView(driver.state, "c2")?.state).toBe("waiting");
    driver.advance(1);
    expect(driver.offerOf("c2").agentId).toBe("a");
  });

  it("more room reaches who already waits", () => {
    const driver = team({});
    driver.call("c1", { channel: "chat" });
    driver.answer("c1");
    driver.call("c2", { channel: "chat" });
    driver.send({ type: "agent.configured", agent: { id: "a", queues: [{ queue: "q" }], capacity: withRoom } });
    expect(driver.offerOf("c2").agentId).toBe("a");
  });

  it.each([[{ channels: { voice: 2 } }], [{ channels: { chat: -1 } }], [{ channels: { "*": 1.5 } }], [{ total: 0 }]])("refuses %j", (capacity) => {
    expect(() => team({ capacity })).toThrow(QueueingError);
  });
});

describe("after-call work", () => {
  it("longer than allowed becomes not-ready", () => {
    const driver = acd({ wrapUpMs: 10_000 }, 1, { wrapUpMaxMs: 60_000 });
    driver.call("c");
    driver.answer("c");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.send({ type: "agent.wrap-up-extended", agentId: "a0", ms: 600_000 });
    driver.advance(59_999);
    expect(status(driver, "a0")).toBe("wrap-up");
    driver.advance(1);
    expect(agentView(driver.state, "a0")).toMatchObject({ status: "not-ready", reason: "wrap-up" });
    expect(driver.all("auto-paused")).toMatchObject([{ cause: "wrap-up" }]);
  });

  it("of the usual length ends in readiness, also when the timer comes a moment early by the clock", () => {
    const driver = acd({ wrapUpMs: 10_000 }, 1, { wrapUpMaxMs: 60_000 });
    driver.call("c");
    driver.answer("c");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.advance(9_999);
    expect(status(driver, "a0")).toBe("wrap-up");
    for (const id of [...driver.timers.keys()]) driver.send({ type: "timer", id });
    expect(agentView(driver.state, "a0")).toMatchObject({ status: "available" });
    expect(driver.all("auto-paused")).toEqual([]);
  });
});

describe("an agent of one's own", () => {
  it("keeps the caller so long for the agent asked for, then anybody serves", () => {
    const driver = acd({ wrapUpMs: 0 }, 2);
    driver.call("c");
    driver.answer("c");
    driver.call("direct", { preferredAgent: "a0", preferredMs: 20_000 });
    driver.advance(19_999);
    expect(interactionView(driver.state, "direct")?.state).toBe("waiting");
    driver.advance(1);
    expect(driver.offerOf("direct").agentId).toBe("a1");
  });
});

describe("who was cut off in a talk", () => {
  it("goes on in the old place on ringing back", () => {
    const driver = acd({ wrapUpMs: 1_000_000, regainMs: 60_000 }, 1);
    driver.call("c", { callerKey: "k" });
    const since = driver.now;
    driver.answer("c");
    driver.advance(5_000);
    driver.call("other");
    driver.send({ type: "interaction.ended", interactionId: "c", broken: true });
    driver.advance(5_000);
    driver.call("again", { callerKey: "k" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, placeAt: since, ahead: 0 }]);
  });

  it("goes first to the same agent when that one is free, else to anybody", () => {
    for (const free of [true, false]) {
      const driver = acd({ wrapUpMs: 0, regainMs: 60_000, strategy: "top-down" }, 2);
      driver.send({ type: "agent.state", agentId: "a0", state: "not-ready" });
      driver.call("c", { callerKey: "k" });
      driver.answer("c");
      driver.send({ type: "agent.state", agentId: "a0", state: "available" });
      driver.send({ type: "interaction.ended", interactionId: "c", broken: true });
      if (!free) driver.send({ type: "agent.state", agentId: "a1", state: "not-ready" });
      driver.advance(5_000);
      driver.call("again", { callerKey: "k" });
      expect(driver.offerOf("again").agentId).toBe(free ? "a1" : "a0");
    }
  });
});

describe("who is not on the line", () => {
  it("stays whatever the limits of waiting say, and when the queue closes", () => {
    const driver = acd({ maxWaitMs: 10_000, emptyGraceMs: 1_000, divert: { ratio: 0.1, whileWaiting: true } }, 1);
    driver.send({ type: "agent.state", agentId: "a0", state: "not-ready" });
    driver.call("kept", { placeAt: driver.now, patient: true });
    driver.send({ type: "agent.reachable", agentId: "a0", reachable: false });
    driver.advance(600_000);
    expect(driver.of("left")).toEqual([]);
    driver.send({ type: "queue.closing", queue: "q" });
    expect(driver.of("left")).toEqual([]);
  });

  it("has an agent reserved for as long as it takes to dial", () => {
    const driver = acd({ ringMs: 20_000 }, 1);
    driver.call("kept", { ringMs: 90_000 });
    expect(driver.offerOf("kept")).toMatchObject({ ringMs: 90_000 });
    driver.advance(89_000);
    expect(driver.of("rescind")).toEqual([]);
    driver.advance(2_000);
    expect(driver.of("rescind")).toMatchObject([{ reason: "no-answer" }]);
  });
});

describe("what is chosen in the wrap-up", () => {
  it("ready ends it, but for one who only takes a break back that was to follow", () => {
    const driver = acd({ wrapUpMs: 10_000 }, 1);
    driver.call("c");
    driver.answer("c");
    choose(driver, "a0", "not-ready");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    expect(status(driver, "a0")).toBe("wrap-up");
    driver.send({ type: "agent.state", agentId: "a0", state: "available", keepWrapUp: true });
    expect(status(driver, "a0")).toBe("wrap-up");
    driver.advance(10_000);
    expect(status(driver, "a0")).toBe("available");
    driver.call("d");
    driver.answer("d");
    driver.send({ type: "interaction.ended", interactionId: "d" });
    choose(driver, "a0", "available");
    expect(status(driver, "a0")).toBe("available");
  });
});
