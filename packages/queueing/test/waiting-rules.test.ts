import { describe, expect, it } from "vitest";
import { agentView, aheadOf, interactionView, queueView, QueueingError } from "../src/index.js";
import { acd } from "./driver.js";

describe("rules that change with the wait", () => {
  it("skills go down step by step, and a new rule reaches callers who already wait", () => {
    const driver = acd({ skills: { english: 5 }, skillSteps: [{ afterMs: 10_000, skills: { english: 3 } }, { afterMs: 20_000, skills: { english: 0 } }] });
    driver.agent("none", ["q"]);
    driver.agent("some", ["q"], { skills: { english: 3 } });
    driver.call("c");
    driver.advance(9_999);
    expect(driver.all("offer")).toEqual([]);
    driver.advance(1);
    expect(driver.all("offer")).toMatchObject([{ agentId: "some" }]);
    driver.call("d");
    driver.advance(5000);
    driver.send({ type: "queue.configured", queue: { key: "q", skills: { english: 5 }, skillSteps: [{ afterMs: 5_000, skills: { english: 0 } }] } });
    expect(driver.of("offer")).toMatchObject([{ agentId: "none", interactionId: "d" }]);
  });

  it("fall due once, also by a clock that counts parts of a millisecond", () => {
    for (let k = 0; k < 200; k++) {
      const driver = acd({ overflow: [{ afterMs: 60_000, queues: ["other"] }] });
      driver.send({ type: "queue.configured", queue: { key: "other" } });
      // Across a power of two the sum is rounded.
      driver.now = 2 ** 25 - 50_000 + k * 12.3456789;
      driver.call("c");
      for (let fired = 0; fired < 5 && driver.fireNext(); fired++);
      expect(driver.all("overflowed")).toHaveLength(1);
      expect(driver.all("timer").filter(({ id }) => id.startsWith("rules:"))).toHaveLength(1);
    }
  });

  it("the reserve is rung after its wait, lower tiers first", () => {
    const driver = acd({ tiersAfterMs: [10_000, 30_000] });
    driver.agent("boss", [{ queue: "q", tier: 2 }]);
    driver.agent("helper", [{ queue: "q", tier: 1 }]);
    driver.call("c");
    expect(driver.of("offer")).toEqual([]);
    driver.advance(10_000);
    expect(driver.all("offer")).toMatchObject([{ agentId: "helper" }]);
    driver.answer("c");
    driver.call("d");
    driver.advance(10_000);
    expect(driver.all("offer")).toHaveLength(1);
    driver.advance(20_000);
    expect(driver.all("offer").find((offer) => offer.agentId === "boss")).toMatchObject({ interactionId: "d" });
    const both = acd({}, 0);
    both.agent("reserve", [{ queue: "q", tier: 1 }]);
    both.now += 1000;
    both.agent("front");
    both.call("c");
    expect(both.of("offer")).toMatchObject([{ agentId: "front" }]);
  });

  it("a caller is kept for the preferred agent for a while, not longer, and not when that one leaves", () => {
    const driver = acd({ preferredMs: 15_000 }, 2);
    driver.call("first", { preferredAgent: "a1" });
    expect(driver.of("offer")).toMatchObject([{ agentId: "a1" }]);
    driver.answer("first");
    driver.call("kept", { preferredAgent: "a1" });
    expect(driver.of("offer")).toEqual([]);
    driver.call("other");
    expect(driver.of("offer")).toMatchObject([{ interactionId: "other", agentId: "a0" }]);
    driver.send({ type: "offer.rejected", reservationId: driver.offerOf("other").reservationId, cause: "declined" });
    driver.advance(15_000);
    expect(driver.all("offer").filter((offer) => offer.interactionId === "kept")).toHaveLength(0);
    expect(interactionView(driver.state, "kept")?.state).toBe("waiting");
    driver.agent("a2");
    expect(driver.of("offer")).toMatchObject([{ interactionId: "kept", agentId: "a2" }]);

    const leaving = acd({ preferredMs: 15_000 }, 2);
    leaving.call("first", { preferredAgent: "a1" });
    leaving.answer("first");
    leaving.call("kept", { preferredAgent: "a1" });
    leaving.send({ type: "agent.state", agentId: "a1", state: "offline" });
    expect(leaving.of("offer")).toEqual([]);
    leaving.send({ type: "interaction.ended", interactionId: "first" });
    leaving.advance(10_000);
    expect(leaving.all("offer").at(-1)).toMatchObject({ interactionId: "kept", agentId: "a0" });
  });

  it("a shorter longest wait counts for callers who already wait", () => {
    const driver = acd({ maxWaitMs: 600_000 });
    driver.call("c");
    driver.advance(60_000);
    driver.send({ type: "queue.configured", queue: { key: "q", maxWaitMs: 90_000 } });
    driver.advance(29_999);
    expect(driver.all("left")).toEqual([]);
    driver.advance(1);
    expect(driver.all("left")).toMatchObject([{ outcome: "timeout", waitMs: 90_000 }]);
  });
});

describe("diversion", () => {
  it("on entry by callers per agent or by the expected wait; never past a free agent, never who has a kept place", () => {
    const driver = acd({ divert: { ratio: 1 } }, 1);
    driver.call("talks");
    driver.answer("talks");
    driver.call("waits");
    driver.call("too many");
    expect(driver.of("left")).toMatchObject([{ interactionId: "too many", outcome: "diverted", waitMs: 0 }]);
    driver.call("called back", { placeAt: driver.now - 60_000 });
    expect(driver.of("entered")).toMatchObject([{ interactionId: "called back", ahead: 0 }]);
    const long = acd({ divert: { ewtMs: 100_000 } }, 1);
    long.call("free agent");
    expect(long.of("offer")).toHaveLength(1);
    long.call("waits");
    expect(long.of("left")).toMatchObject([{ outcome: "diverted" }]);
  });

  it("counts those at work, nobody on a break, whatever `staff` says of who is there", () => {
    for (const staff of ["reachable", "ready"] as const) {
      const driver = acd({ staff, divert: { ratio: 1.5 } }, 10);
      for (let i = 2; i < 10; i++) driver.send({ type: "agent.state", agentId: `a${i}`, state: "not-ready", reason: "meal" });
      for (const id of ["t0", "t1"]) {
        driver.call(id);
        driver.answer(id);
      }
      driver.call("third");
      // One talk of 180 s on average, two who talk: not the 18 s of ten agents.
      expect(driver.of("entered")).toMatchObject([{ expectedWaitMs: 90_000 }]);
      for (const id of ["fourth", "fifth"]) driver.call(id);
      expect(driver.of("entered")).toMatchObject([{ expectedWaitMs: 270_000 }]);
      driver.call("sixth");
      expect(driver.of("left")).toMatchObject([{ interactionId: "sixth", outcome: "diverted" }]);
      expect(queueView(driver.state, "q")).toMatchObject({ staffed: staff === "ready" ? 2 : 10, expectedWaitMs: 360_000 });
      // Who is back takes part at once; after-call work is work, a break chosen for after the talk is none.
      driver.send({ type: "interaction.ended", interactionId: "t0" });
      expect(agentView(driver.state, "a0")?.status).toBe("wrap-up");
      const two = queueView(driver.state, "q")?.expectedWaitMs ?? 0;
      driver.send({ type: "agent.state", agentId: "a1", state: "not-ready" });
      expect(agentView(driver.state, "a1")?.status).toBe("busy");
      expect(queueView(driver.state, "q")?.expectedWaitMs).toBe(2 * two);
      driver.send({ type: "agent.state", agentId: "a2", state: "available" });
      expect(driver.of("offer")).toMatchObject([{ agentId: "a2", interactionId: "third" }]);
      // One in after-call work, one who is rung; two in line before who comes.
      expect(queueView(driver.state, "q")).toMatchObject({ waiting: 2, expectedWaitMs: (two * 3) / 4 });
    }
  });

  it("with nobody at work the wait is that of a single agent who may come", () => {
    const driver = acd({}, 3);
    for (let i = 0; i < 3; i++) driver.send({ type: "agent.state", agentId: `a${i}`, state: "not-ready" });
    driver.call("first");
    expect(driver.of("entered")).toMatchObject([{ expectedWaitMs: 180_000 }]);
  });

  it("whoever is on demand counts only where such agents are rung", () => {
    for (const [onDemandAfterMs, expected] of [[0, 90_000], [null, 180_000]] as const) {
      const driver = acd({ onDemandAfterMs }, 2);
      driver.send({ type: "agent.state", agentId: "a1", state: "on-demand" });
      driver.call("talks");
      driver.answer("talks");
      driver.send({ type: "agent.occupied", agentId: "a1", occupied: true });
      driver.call("waits");
      expect(driver.of("entered")).toMatchObject([{ expectedWaitMs: expected }]);
    }
  });

  it("while waiting: those at the end leave when agents go on a break", () => {
    const driver = acd({ divert: { ratio: 2, whileWaiting: true } }, 2);
    for (const id of ["t0", "t1"]) {
      driver.call(id);
      driver.answer(id);
    }
    for (let i = 0; i < 4; i++) driver.call(`w${i}`);
    driver.send({ type: "interaction.ended", interactionId: "t1" });
    driver.send({ type: "agent.state", agentId: "a1", state: "not-ready" });
    expect(driver.of("left")).toMatchObject([
      { interactionId: "w3", outcome: "diverted" },
      { interactionId: "w2", outcome: "diverted" },
    ]);
  });

  it("the end of after-call work is known: who comes shortly before it is let in, told so, and stays by the same reckoning", () => {
    const driver = acd({ divert: { ewtMs: 30_000, whileWaiting: true }, wrapUpMs: 40_000, announceFirstMs: 1_000 }, 2);
    for (const id of ["t0", "t1"]) {
      driver.call(id);
      driver.answer(id);
    }
    driver.call("a");
    expect(driver.of("left")).toMatchObject([{ outcome: "diverted" }]);
    for (const id of ["t0", "t1"]) {
      driver.send({ type: "interaction.ended", interactionId: id });
      driver.advance(15_000);
    }
    // Ends are 10 and 25 s away.
    for (const [id, expectedWaitMs] of [["b", 10_000], ["c", 25_000]] as const) {
      driver.call(id);
      expect(driver.of("entered")).toMatchObject([{ expectedWaitMs }]);
    }
    expect(queueView(driver.state, "q", driver.now)?.expectedWaitMs).toBeGreaterThan(60_000);
    driver.call("d");
    expect(driver.of("left")).toMatchObject([{ outcome: "diverted" }]);
    driver.advance(1_000);
    expect(driver.all("announce").map(({ expectedWaitMs }) => expectedWaitMs)).toEqual([9_000, 24_000]);
    // Whoever takes longer is waited for longer: then it is too long.
    driver.send({ type: "agent.wrap-up-extended", agentId: "a1", ms: 300_000 });
    expect(driver.of("left")).toMatchObject([{ interactionId: "c", outcome: "diverted" }]);
    driver.advance(9_000);
    expect(driver.of("offer")).toMatchObject([{ interactionId: "b", agentId: "a0" }]);
  });

  it("while waiting: those at the end leave when agents leave", () => {
    const driver = acd({ divert: { ratio: 2, whileWaiting: true } }, 2);
    for (const id of ["t0", "t1"]) {
      driver.call(id);
      driver.answer(id);
    }
    for (let i = 0; i < 4; i++) driver.call(`w${i}`);
    expect(driver.all("left").filter((left) => left.outcome === "diverted")).toEqual([]);
    driver.send({ type: "agent.reachable", agentId: "a1", reachable: false });
    expect(driver.of("left").map((left) => left.interactionId)).toEqual(["w3", "w2"]);
  });

  it("nobody there, as sets of states", () => {
    const driver = acd({ joinEmpty: ["offline", "unreachable", "not-ready"], leaveEmpty: ["offline", "unreachable"], emptyGraceMs: 10_000 }, 1);
    driver.send({ type: "agent.state", agentId: "a0", state: "not-ready" });
    driver.call("not in");
    expect(driver.of("left")).toMatchObject([{ outcome: "no-agents" }]);
    driver.send({ type: "agent.state", agentId: "a0", state: "available" });
    driver.call("c");
    driver.answer("c");
    driver.call("in");
    driver.send({ type: "interaction.ended", interactionId: "c" });
    driver.send({ type: "agent.state", agentId: "a0", state: "not-ready" });
    driver.advance(60_000);
    expect(interactionView(driver.state, "in")?.state).toBe("waiting");
    driver.send({ type: "agent.state", agentId: "a0", state: "offline" });
    driver.advance(10_000);
    expect(driver.all("left").at(-1)).toMatchObject({ interactionId: "in", outcome: "no-agents" });
    expect(() => driver.send({ type: "queue.configured", queue: { key: "q", joinEmpty: ["asleep" as never] } })).toThrow(QueueingError);
  });
});

describe("who was moved, hangs up and rings again", () => {
  /** `k` came into `q` before `later`, and was moved to `p`, where `there` waits; then hung up. */
  function moved(regain: { q?: number; p?: number } = {}): ReturnType<typeof acd> {
    const driver = acd({ regainMs: regain.q ?? 60_000 });
    driver.send({ type: "queue.configured", queue: { key: "p", regainMs: regain.p ?? 60_000 } });
    driver.call("k", { callerKey: "K" });
    driver.advance(1_000);
    driver.call("later");
    driver.call("there", { queue: "p" });
    driver.send({ type: "interaction.moved", interactionId: "k", queue: "p" });
    driver.advance(1_000);
    driver.send({ type: "interaction.ended", interactionId: "k" });
    return driver;
  }

  it.each(["q", "p"])("has the place in %s, and once only", (queue) => {
    for (const clock of [0, -3_600_000]) {
      const driver = moved();
      if (clock !== 0) driver.stepClock(clock);
      driver.advance(60_000);
      driver.call("again", { callerKey: "K", queue });
      expect(driver.of("entered")).toMatchObject([{ queue, regained: true, ahead: 0, placeAt: driver.now - 62_000 }]);
      for (const other of ["q", "p"]) {
        driver.call(`second in ${other}`, { callerKey: "K", queue: other });
        expect(driver.of("entered")).toMatchObject([{ regained: false }]);
      }
    }
  });

  it("not too late; each queue by its own span, and not where it keeps no places", () => {
    const driver = moved({ q: 10_000 });
    driver.advance(10_001);
    driver.call("too late", { callerKey: "K" });
    expect(driver.of("entered")).toMatchObject([{ regained: false }]);
    driver.call("in time", { callerKey: "K", queue: "p" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, ahead: 0 }]);
    const off = moved({ p: 0 });
    off.call("off", { callerKey: "K", queue: "p" });
    expect(off.of("entered")).toMatchObject([{ regained: false }]);
    off.call("on", { callerKey: "K" });
    expect(off.of("entered")).toMatchObject([{ regained: true, ahead: 0 }]);
  });

  it("a place of a later stay in the other queue is not taken away with it", () => {
    const driver = moved();
    driver.advance(1_000);
    driver.call("direct", { callerKey: "K", placeAt: driver.now });
    driver.send({ type: "interaction.ended", interactionId: "direct" });
    driver.call("first", { callerKey: "K", queue: "p" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, placeAt: driver.now - 3_000 }]);
    driver.call("second", { callerKey: "K" });
    expect(driver.of("entered")).toMatchObject([{ regained: true, placeAt: driver.now }]);
  });

  it.each(["q", "p"])("also when cut off in the talk, and after a restart: in %s", (queue) => {
    const driver = moved();
    driver.send({ type: "agent.configured", agent: { id: "pia", queues: [{ queue: "p" }] } });
    driver.call("back", { callerKey: "K" });
    driver.send({ type: "interaction.moved", interactionId: "back", queue: "p" });
    driver.agent("pia", ["p"]);
    driver.answer("back");
    driver.send({ type: "interaction.ended", interactionId: "back", broken: true });
    driver.call("again", { callerKey: "K", queue });
    expect(driver.of("entered")).toMatchObject([{ queue, regained: true, ahead: 0 }]);

    const after = acd({ regainMs: 60_000 });
    after.send({ type: "queue.configured", queue: { key: "p", regainMs: 60_000 } });
    after.call("new", { queue });
    after.send({ type: "place.restored", callerKey: "K", queue: "p", cameTo: "q", placeAt: after.now - 5_000, leftAt: after.now });
    after.call("again", { callerKey: "K", queue });
    expect(after.of("entered")).toMatchObject([{ queue, regained: true, ahead: 0 }]);
    after.call("twice", { callerKey: "K", queue: queue === "q" ? "p" : "q" });
    expect(after.of("entered")).toMatchObject([{ regained: false }]);
  });
});

describe("a waiting caller is moved", () => {
  it("to another queue with the place kept; whoever rings is let go; a talk is not moved", () => {
    const driver = acd({}, 1);
    driver.send({ type: "queue.configured", queue: { key: "p" } });
    driver.call("rung");
    driver.advance(1000);
    driver.call("later", { queue: "p" });
    driver.send({ type: "interaction.moved", interactionId: "rung", queue: "p" });
    expect(driver.of("rescind")).toMatchObject([{ agentId: "a0", reason: "moved" }]);
    expect(driver.of("left")).toMatchObject([{ queue: "q", outcome: "moved", waitMs: 1000 }]);
    expect(driver.of("entered")).toMatchObject([{ queue: "p", ahead: 0 }]);
    expect(aheadOf(driver.state, "later")).toBe(1);
    expect(queueView(driver.state, "q")).toMatchObject({ waiting: 0, offered: 0, available: 1 });
    driver.send({ type: "interaction.moved", interactionId: "rung", queue: "nowhere" });
    expect(driver.last).toEqual([]);
    driver.send({ type: "interaction.moved", interactionId: "rung", queue: "q" });
    driver.answer("rung");
    driver.send({ type: "interaction.moved", interactionId: "rung", queue: "p" });
    expect(driver.last).toEqual([]);
  });

  it("with another priority, where one is given: it counts from the first moment on", () => {
    const driver = acd({}, 0);
    driver.send({ type: "queue.configured", queue: { key: "p" } });
    driver.call("early", { queue: "p" });
    driver.call("urgent", { priority: 5 });
    driver.send({ type: "interaction.moved", interactionId: "urgent", queue: "p", priority: 0 });
    expect(driver.of("entered")).toMatchObject([{ queue: "p", ahead: 1 }]);
    driver.send({ type: "interaction.moved", interactionId: "urgent", queue: "q" });
    driver.send({ type: "interaction.moved", interactionId: "urgent", queue: "p", priority: 1 });
    expect(driver.of("entered")).toMatchObject([{ queue: "p", ahead: 0 }]);
    driver.send({ type: "interaction.moved", interactionId: "urgent", queue: "q", priority: Number.NaN });
    expect(interactionView(driver.state, "urgent")).toMatchObject({ queue: "q", priority: 1 });
  });
});

it("tells place and wait that never go up, though a more urgent caller comes in between", () => {
  const driver = acd({ announceEveryMs: 10_000 }, 1);
  driver.call("talks");
  driver.answer("talks");
  driver.call("before");
  driver.call("c");
  driver.advance(10_000);
  driver.call("urgent", { priority: 5 });
  driver.advance(10_000);
  const told = driver.all("announce").filter((announce) => announce.interactionId === "c");
  expect(told.map((announce) => announce.ahead)).toEqual([1, 1]);
  expect(told[1]?.expectedWaitMs).toBeLessThanOrEqual(told[0]?.expectedWaitMs ?? 0);
  expect(aheadOf(driver.state, "c")).toBe(2);
});

it("a light queue does not starve where its weight is worth a wait", () => {
  for (const [weightWorthMs, first] of [[undefined, "heavy"], [30_000, "light"]] as const) {
    const driver = acd({}, 0, { ...(weightWorthMs === undefined ? {} : { weightWorthMs }) });
    driver.send({ type: "queue.configured", queue: { key: "q", weight: 0 } });
    driver.send({ type: "queue.configured", queue: { key: "vip", weight: 1 } });
    driver.call("light");
    driver.now += 31_000;
    driver.call("heavy", { queue: "vip" });
    driver.agent("a", ["q", "vip"]);
    expect(driver.all("offer")[0]?.interactionId).toBe(first);
  }
});

it("weights of skills decide among the most skilled", () => {
  const driver = acd({ strategy: "most-skilled", skillWeights: { law: 10 } });
  driver.agent("talker", ["q"], { skills: { english: 9, law: 1 } });
  driver.agent("lawyer", ["q"], { skills: { english: 1, law: 2 } });
  driver.call("c", { skills: { english: 1, law: 1 } });
  expect(driver.of("offer")).toMatchObject([{ agentId: "lawyer" }]);
});

describe("skills whose names every object inherits", () => {
  // As JSON makes it: an own key, not the prototype.
  const named = (skill: string, level: number) => JSON.parse(`{ "${skill}": ${level} }`) as Record<string, number>;

  it.each(["constructor", "toString", "__proto__"])("%s: the more skilled is rung first, by the queue's weights", (skill) => {
    for (const where of ["caller", "queue"] as const) {
      const driver = acd({ strategy: "most-skilled", skillWeights: named(skill, 2), skills: where === "queue" ? named(skill, 1) : {} });
      driver.agent("first", ["q"], { skills: named(skill, 1) });
      driver.agent("expert", ["q"], { skills: named(skill, 5) });
      driver.call("c", { skills: where === "caller" ? named(skill, 1) : {} });
      expect(driver.of("offer"), where).toMatchObject([{ agentId: "expert" }]);
    }
  });

  it.each(["constructor", "__proto__"])("%s: who lacks it counts as 0, not as what objects inherit", (skill) => {
    const driver = acd({ strategy: "most-skilled", relaxSkillsAfterMs: 0 });
    driver.agent("without", ["q"]);
    driver.agent("with", ["q"], { skills: named(skill, 3) });
    driver.call("c", { skills: named(skill, 1) });
    expect(driver.of("offer")).toMatchObject([{ agentId: "with" }]);
  });

  it("__proto__: nobody without it serves who needs it", () => {
    const driver = acd({});
    driver.agent("without", ["q"]);
    driver.call("c", { skills: named("__proto__", 2) });
    expect(driver.of("offer")).toEqual([]);
  });
});

it("queues that overflow into each other, and into themselves: every caller is in each line once, and it ends", () => {
  const driver = acd({ overflow: [{ afterMs: 1_000, queues: ["q", "other", "other"] }, { afterMs: 2_000, queues: ["third", "other"] }] });
  driver.send({ type: "queue.configured", queue: { key: "other", overflow: [{ afterMs: 1_000, queues: ["third"] }] } });
  driver.send({ type: "queue.configured", queue: { key: "third", overflow: [{ afterMs: 1_000, queues: ["q"] }] } });
  driver.call("a");
  driver.call("b", { queue: "other" });
  driver.call("c", { queue: "third" });
  driver.advance(10_000);
  const lines = [...driver.state.queues.values()].map(({ config, line }) => [config.key, line.map(({ id }) => id).sort()]);
  // Only the own queue's steps count: what overflowed does not overflow on.
  expect(lines).toEqual([["q", ["a", "c"]], ["other", ["a", "b"]], ["third", ["a", "b", "c"]]]);
  expect(driver.all("overflowed")).toHaveLength(4);
  driver.advance(86_400_000);
  expect(driver.all("overflowed")).toHaveLength(4);
});

describe("places of the same millisecond", () => {
  const waiting = (driver: ReturnType<typeof acd>): string[] => (driver.state.queues.get("q")?.line ?? []).map(({ id }) => id);

  it("who gave up and rings back stands where they stood, whoever comes first", () => {
    const driver = acd({ regainMs: 60_000 });
    for (const id of ["a", "b", "c"]) driver.call(id, { callerKey: id });
    for (const id of ["a", "b", "c"]) driver.send({ type: "interaction.ended", interactionId: id });
    driver.now += 5_000;
    for (const id of ["c", "b", "a"]) driver.call(`${id}2`, { callerKey: id });
    expect(waiting(driver)).toEqual(["a2", "b2", "c2"]);
  });

  it("the same after a restart, by what `entered` told; who comes new stands behind, with a number of the line's own", () => {
    const before = acd({ regainMs: 60_000 });
    for (const id of ["a", "b", "c"]) before.call(id, { callerKey: id });
    const entered = before.all("entered");
    const driver = acd({ regainMs: 60_000 });
    for (const { interactionId: callerKey, placeAt, placeSeq } of [...entered].reverse()) driver.send({ type: "place.restored", callerKey, queue: "q", placeAt, placeSeq, leftAt: driver.now });
    for (const id of ["new", "c", "a", "b"]) driver.call(id, { callerKey: id });
    expect(waiting(driver)).toEqual(["a", "b", "c", "new"]);
    const numbers = driver.all("entered").map(({ placeSeq }) => placeSeq);
    expect(new Set(numbers).size).toBe(4);
    // The lines are found again by their order: taking each out proves that no two are equal.
    for (const id of ["b", "new", "a", "c"]) driver.send({ type: "interaction.ended", interactionId: id });
    expect(waiting(driver)).toEqual([]);
  });

  it("a number that is taken is not given twice", () => {
    const driver = acd({ regainMs: 60_000 });
    driver.send({ type: "place.restored", callerKey: "a", queue: "q", placeAt: driver.now, placeSeq: 7, leftAt: driver.now });
    driver.send({ type: "place.restored", callerKey: "b", queue: "q", placeAt: driver.now, placeSeq: 7, leftAt: driver.now });
    driver.call("a", { callerKey: "a" });
    driver.call("b", { callerKey: "b" });
    expect(waiting(driver)).toEqual(["a", "b"]);
    driver.send({ type: "interaction.ended", interactionId: "a" });
    expect(waiting(driver)).toEqual(["b"]);
  });

  it("a place that is kept outside (a callback) stands in its old order too, as `left` told it", () => {
    const driver = acd({});
    for (const id of ["a", "b", "c"]) driver.call(id);
    driver.send({ type: "interaction.exited", interactionId: "b" });
    const [{ placeAt, placeSeq } = { placeAt: undefined, placeSeq: undefined }] = driver.all("left");
    driver.now += 5_000;
    driver.call("b2", { placeAt, placeSeq });
    expect(waiting(driver)).toEqual(["a", "b2", "c"]);
  });

  it("orders of an earlier process that come into the line later are taken by nobody else", () => {
    const driver = acd({});
    driver.send({ type: "sequence.restored", placeSeq: 9 });
    for (const id of ["a", "b"]) driver.call(id);
    driver.call("kept", { placeAt: driver.now, placeSeq: 9 });
    expect(waiting(driver)).toEqual(["kept", "a", "b"]);
  });

  it("places restored without an order have one: as they were restored, not as their callers come back", () => {
    const driver = acd({ regainMs: 60_000 });
    for (const callerKey of ["a", "b"]) driver.send({ type: "place.restored", callerKey, queue: "q", placeAt: driver.now, leftAt: driver.now });
    for (const id of ["new", "b", "a"]) driver.call(id, { callerKey: id });
    expect(waiting(driver)).toEqual(["a", "b", "new"]);
  });

  it("after the clock was set, `left` and `ended` tell the place as it counts by the clock of now", () => {
    const driver = acd({});
    driver.call("a");
    driver.call("b");
    const entered = driver.now;
    driver.stepClock(3_600_000);
    driver.send({ type: "interaction.exited", interactionId: "b" });
    expect(driver.all("left")).toMatchObject([{ placeAt: entered + 3_600_000 }]);
    driver.agent("1", ["q"]);
    driver.send({ type: "offer.connected", reservationId: driver.of("offer")[0]?.reservationId ?? "" });
    driver.send({ type: "interaction.ended", interactionId: "a" });
    expect(driver.all("ended")).toMatchObject([{ placeAt: entered + 3_600_000 }]);
  });
});

it("a priority that is no number counts as none: it must not spoil the line", () => {
  const driver = acd({});
  driver.call("a");
  driver.call("b", { priority: Number.NaN });
  driver.call("c");
  expect(driver.state.queues.get("q")?.line.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

describe("an overflow that is taken out of the rules while callers wait", () => {
  const ladder = (queues: readonly string[], afterMs = 10_000): Parameters<typeof acd>[0] => ({ overflow: queues.length === 0 ? [] : [{ afterMs, queues }], maxWaitMs: 600_000, joinEmpty: true });
  const scene = (): ReturnType<typeof acd> => {
    const driver = acd(ladder(["b", "c"]), 0);
    for (const key of ["b", "c"]) driver.send({ type: "queue.configured", queue: { key, joinEmpty: true } });
    driver.call("waits");
    driver.advance(10_000);
    return driver;
  };

  it("lets them leave the lines of those queues, and of those only", () => {
    const driver = scene();
    driver.send({ type: "queue.configured", queue: { key: "q", ...ladder(["c"]) } });
    driver.agent("b1", ["b"]);
    expect(driver.of("offer")).toEqual([]);
    driver.agent("c1", ["c"]);
    expect(driver.answer("waits")).toBe("c1");
  });

  it("or until they have waited as long as the new step says", () => {
    const driver = scene();
    driver.send({ type: "queue.configured", queue: { key: "q", ...ladder(["b"], 60_000) } });
    driver.agent("b1", ["b"]);
    expect(driver.all("offer")).toEqual([]);
    driver.advance(49_999);
    expect(driver.all("offer")).toEqual([]);
    driver.advance(1);
    expect(driver.answer("waits")).toBe("b1");
  });

  it("whom an agent of such a queue is being rung for has that chance, and no further one", () => {
    const driver = scene();
    driver.agent("b1", ["b"]);
    const offer = driver.offerOf("waits");
    driver.send({ type: "queue.configured", queue: { key: "q", ...ladder([]) } });
    expect(driver.state.reservations.has(offer.reservationId)).toBe(true);
    driver.send({ type: "offer.rejected", reservationId: offer.reservationId, cause: "declined" });
    driver.advance(60_000);
    expect(driver.all("offer")).toHaveLength(1);
    driver.agent("a1");
    expect(driver.answer("waits")).toBe("a1");
  });
});
